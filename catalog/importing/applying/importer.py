"""From a reading to changes: compared with the catalog, reported, and applied in one transaction or not at all."""

import pghistory
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, transaction

from catalog import write_lock
from catalog.importing.applying.offers import OffersWork
from catalog.importing.applying.prices import PricesWork
from catalog.importing.applying.work import Progress
from catalog.importing.drafts import MOST_REMARKS, ModelDraft, Reading, Remark, Remarks
from catalog.importing.plan import Plan
from catalog.importing.values import shown
from catalog.listing import without_garbage_collection
from catalog.models import AIModel, Offer, ParameterDescriptor, Price, Variant
from catalog.models.many import one_of
from catalog.models.rules import Rule
from catalog.models.violations import violation
from catalog.openrouter.readiness.listing_gaps import gaps

MANY_ROWS = 1000


def silent(phase: str, done: int, total: int) -> None:
    """Report nothing."""


class _Undo(Exception):
    """Rolls back the transaction."""


def apply_reading(
    reading: Reading,
    *,
    source: str,
    list_on_openrouter: bool = False,
    way: str = "import",
    progress: Progress = silent,
) -> Plan:
    """Compare a reading with the catalog and apply the difference, in one transaction.

    With a problem everything is undone. ``list_on_openrouter`` lists the complete models of the source; without it new models stay
    unlisted, and existing ones keep their flag. ``way`` and ``source`` tell the history how and from where the change came.
    ``progress`` is called from inside the transaction.
    """
    plan = Plan(problems=Remarks(reading.problems))
    plan.notes.extend(reading.notes)
    plan.warnings.extend(reading.warnings)
    if plan.problems:
        return plan
    try:
        with write_lock.held(), pghistory.context(source=way, origin=source), without_garbage_collection():
            _Import(reading, plan, progress).apply(list_on_openrouter)
            if plan.problems:
                raise _Undo
    except _Undo:
        pass
    return plan


class _Import(OffersWork, PricesWork):
    """A whole import; its parts run in the order in which they depend on each other."""

    def apply(self, list_on_openrouter: bool) -> None:
        """Write everything; a violation becomes a problem that names the entry and the field."""
        if self.new_ids and not self.reading.creates_models:
            for model_id in sorted(self.new_ids):
                self.problem(self.drafts[model_id].entry, "model_id", f"The catalog has no model {shown(model_id)}.")
            return
        self.keep_offers_apart()
        self.keep_efforts_apart()
        try:
            with transaction.atomic():
                self.write_models()
                self.write_replacements()
                self.write_datacenters()
                self.write_coded_datacenters()
                self.write_offers()
                self.write_descriptors()
                self.write_prices()
                self.update_statistics()
                self.progress("Checking the rules", 0, 0)
                connection.check_constraints()
                self.list_complete_models(list_on_openrouter)
                connection.check_constraints()
        except (IntegrityError, DataError) as error:
            self.report_violations(error)
            return
        self.plan.unchanged = sorted(set(self.drafts) - self.changed - set(self.plan.created))

    def update_statistics(self) -> None:
        """After many new rows, update the server's statistics now instead of within a minute: until then its query plans are for
        few rows, and each check at commit and each list gets slower with each row."""
        if len(self.rows) >= MANY_ROWS:
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE catalog_aimodel, catalog_price, catalog_parameterdescriptor")

    def list_complete_models(self, list_on_openrouter: bool) -> None:
        """List complete models if requested, and report what the others lack."""
        unlisted = AIModel.objects.filter(model_id__in=one_of(self.drafts), is_listed_on_openrouter=False)
        found = gaps(unlisted.values_list("pk", flat=True))
        entries = {draft.model_id: draft.entry for draft in self.drafts.values()}
        # Models that the source does not change are not reported, unless it is asked to list them.
        concerned = set(entries) if list_on_openrouter else {*self.changed, *self.plan.created}
        self.plan.missing = [
            Remark(entries[gap.model_id], gap.field, gap.sentence) for gap in found if gap.model_id in concerned
        ]
        if list_on_openrouter:
            doubtful = {draft.model_id for draft in self.drafts.values() if draft.is_doubtful} | self.asked
            complete = unlisted.exclude(model_id__in=one_of({*(gap.model_id for gap in found), *doubtful}))
            self.plan.listed = list(complete.order_by("model_id").values_list("model_id", flat=True))
            if self.plan.listed:
                for model_id in self.plan.listed:
                    self.say(model_id, "is_listed_on_openrouter", False, True)
                AIModel.objects.filter(model_id__in=one_of(self.plan.listed)).update(is_listed_on_openrouter=True)

    def report_violations(self, error: IntegrityError | DataError) -> None:
        """Find the entries that the database refused; it names the rule, not the row.

        If there are many rows, only that rule is checked, because each check is a query.
        """
        broken = violation(error)
        only = broken.rule if len(self.rows) > MANY_ROWS else None
        # The rollback removed new models, so a row's model can no longer be looked up.
        ids = {model.pk: model_id for model_id, model in self.models.items()}
        for row in self.rows:
            if len(self.plan.problems) >= MOST_REMARKS:
                break
            model_id = row.model_id if isinstance(row, AIModel) else ids[row.ai_model_id]
            try:
                row.clean_fields(exclude={"ai_model", "replacement"})
                if only is None:
                    row.validate_constraints(exclude={"ai_model", "effective_from"})
                for rule in row._meta.constraints:
                    if isinstance(rule, Rule) and rule.name == only:
                        rule.validate(type(row), row, {"ai_model", "effective_from"})
            except ValidationError as wrong:
                draft = self.drafts[model_id]
                entry = _entry(draft, row)
                self.plan.problems += [
                    Remark(entry, name, " ".join(messages)) for name, messages in wrong.message_dict.items()
                ]
        self.plan.problems = Remarks(dict.fromkeys(self.plan.problems), self.plan.problems.more)
        if not self.plan.problems:
            self.plan.problems.append(Remark("the catalog", broken.field or "", broken.sentence))


def _entry(draft: ModelDraft, row: AIModel | Price | ParameterDescriptor | Offer) -> str:
    """The entry of the source that a row of a model comes from."""
    if isinstance(row, Price):
        return draft.line_entries.get(row.line, draft.entry)
    return draft.offers[Variant(row.variant)].entry if isinstance(row, Offer) else draft.entry
