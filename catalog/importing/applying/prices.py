"""Price lists: prices from now on, scheduled prices, and price histories."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from catalog.formats.plausibility import unit_doubt
from catalog.importing.applying.work import Work
from catalog.importing.drafts import Dated, ModelDraft, PriceList, Remark, in_force, not_past
from catalog.listing import revision
from catalog.models import Line, Price, PriceKind, ServiceTier
from catalog.models.many import one_of


class PricesWork(Work):
    """Writes prices."""

    def write_prices(self) -> None:
        """Add a row for each price that differs, and an end for each that is no longer stated."""
        stated = {model_id: draft for model_id, draft in self.drafts.items() if draft.price_lists}
        keys = {self.models[model_id].pk: model_id for model_id in stated}
        now = revision().now
        current: dict[str, dict[Line, Decimal]] = {model_id: {} for model_id in stated}
        rows = Price.objects.in_force(now).filter(ai_model__in=one_of(keys)).values_list("ai_model_id", "usd", *Line._fields)
        for key, usd, *columns in rows.iterator(chunk_size=10_000):
            if usd is not None:
                current[keys[key]][Line.of_columns(columns)] = usd
        for model_id, draft in stated.items():
            for tier, price_list in draft.price_lists.items():
                self.compare(draft, tier, price_list, current[model_id])
        new = self.new_prices + self.past_prices(now)
        self.rows += new
        self.create("Adding prices", Price, new)
        self.schedule_prices(now)

    def schedule_prices(self, now: datetime) -> None:
        """Add a row for each stated future price, or give the existing row of that time the stated amount."""
        stated = {model_id: draft for model_id, draft in self.drafts.items() if draft.scheduled}
        keys = {self.models[model_id].pk: model_id for model_id in stated}
        ahead = Price.objects.filter(ai_model__in=one_of(keys), effective_from__gt=now) if stated else []
        known = {(keys[row.ai_model_id], row.line, row.effective_from): row for row in ahead}
        created, altered = [], []
        for model_id, draft in stated.items():
            for (line, moment), usd in draft.scheduled.items():
                row = known.get((model_id, line, moment))
                if moment <= now:
                    sentence = f"{moment:%Y-%m-%d %H:%M} UTC is in the past, and a price cannot begin there: leave it empty to begin now."
                    self.problem(draft.line_entries.get(line, draft.entry), "effective_from", sentence)
                elif row is None:
                    created.append(self.row(model_id, line, usd, effective_from=moment))
                    self.say(model_id, _scheduled_text(line, moment), None, "ends" if usd is None else usd)
                elif row.usd != usd:
                    self.say(
                        model_id, _scheduled_text(line, moment), *("ends" if one is None else one for one in (row.usd, usd))
                    )
                    row.usd = usd
                    altered.append(row)
        self.rows += created + altered
        self.create("Scheduling prices", Price, created)
        self.update("Changing scheduled prices", Price, altered, ["usd"])

    def past_prices(self, now: datetime) -> list[Price]:
        """The rows of price histories, except those that the catalog already has: its past prices stay."""
        stated = {model_id: draft for model_id, draft in self.drafts.items() if draft.past}
        keys = {self.models[model_id].pk: model_id for model_id in stated}
        columns = ("ai_model_id", "effective_from", "usd", *Line._fields)
        known: dict[str, dict[tuple[Line, datetime], Decimal | None]] = {model_id: {} for model_id in stated}
        for key, moment, usd, *line in (
            Price.objects.filter(ai_model__in=one_of(keys)).order_by().values_list(*columns).iterator(chunk_size=10_000)
        ):
            known[keys[key]][Line.of_columns(line), moment] = usd
        rows = []
        for model_id, draft in stated.items():
            opened = self.opened(draft, known[model_id], now)
            self.ask_about(draft, [line for _, line, usd in opened if usd == 0])
            keeps = self.keeps_its_prices(model_id)
            for moment, line, usd in draft.past:
                stored = known[model_id].get((line, moment), ...)
                if keeps and (moment, line, usd) in opened:
                    continue
                if stored is ...:
                    rows.append(self.row(model_id, line, usd, effective_from=moment))
                    self.say(
                        model_id, f"price of {_line_text(line)} from {moment:%Y-%m-%d}", None, "ends" if usd is None else usd
                    )
                elif stored != usd:
                    sentence = (
                        f"The catalog has a different price of {_line_text(line)} from {moment:%Y-%m-%d}, and keeps it."
                    )
                    self.plan.notes.append(Remark(draft.entry, "prices", sentence))
        return rows

    def opened(
        self, draft: ModelDraft, known: dict[tuple[Line, datetime], Decimal | None], now: datetime
    ) -> dict[Dated, None]:
        """The rows of a history that need a confirmation: prices of 0, and amounts that may be in a different unit, in force now or
        later."""
        costs = in_force(((moment, line, usd) for (line, moment), usd in known.items()), now)
        return dict.fromkeys(
            (moment, line, usd)
            for moment, line, usd in not_past(draft.past, now)
            if (usd == 0 or unit_doubt(usd, line.unit))
            and (line, moment) not in known
            and (line not in costs or costs[line][2] != usd)
        )

    def compare(self, draft: ModelDraft, tier: str, price_list: PriceList, current: dict[Line, Decimal]) -> None:
        """The rows that make a model's price list at one tier equal to the stated one."""
        is_free_alone = self.reading.free_costs_nothing and not current and self.models[draft.model_id].has_free_variant
        asked = [] if is_free_alone else [line for line in price_list.asked if current.get(line) != 0]
        self.ask_about(draft, asked)
        keeps = self.keeps_its_prices(draft.model_id)
        meant = {line: other for line, other in price_list.alternatives.items() if other in current and line not in current}
        stated = {meant.get(line, line): usd for line, usd in price_list.lines.items()}
        for line, usd in [*stated.items(), *((line, Decimal(0)) for line in asked)]:
            is_open = line in price_list.doubted or line in price_list.asked
            if (
                current.get(line) not in (usd, price_list.written.get(line, usd))
                and not (is_open and keeps)
                and not (is_free_alone and usd == 0)
            ):
                self.price(draft.model_id, line, current.get(line), usd)
        for line, usd in current.items():
            owned = line.service_tier == tier and self.reading.owns(draft, line)
            is_kept = line in stated or line in price_list.asked or (line in price_list.fillers and usd == 0)
            is_kept |= price_list.repeated.get(line) == usd
            if owned and not is_kept and not price_list.is_partial and not (asked and keeps):
                self.price(draft.model_id, line, usd, None)

    def keeps_its_prices(self, model_id: str) -> bool:
        """Whether prices that need a confirmation are not written. They are written for a new model, which is then not public, and for
        a listed model, for which the review asks."""
        model = self.models[model_id]
        return model_id not in self.new_ids and model.is_public and not model.is_listed_on_openrouter

    def ask_about(self, draft: ModelDraft, lines: list[Line]) -> None:
        """Warn about prices of 0 that the source states and the catalog does not have."""
        if lines:
            self.asked.add(draft.model_id)
            kinds = [kind.value for kind in PriceKind if any(line.kind == kind for line in lines)]
            entry = draft.line_entries.get(lines[0], draft.entry)
            sentence = f"It costs 0 ({', '.join(kinds)}). Is it free, or is the price unknown? Check it in the admin."
            self.plan.warnings.append(Remark(entry, "prices", sentence))

    def price(self, model_id: str, line: Line, old: Decimal | None, new: Decimal | None) -> None:
        """One more row, in force from now on by the database's clock."""
        self.new_prices.append(self.row(model_id, line, new))
        self.say(model_id, f"price of {_line_text(line)}", old, new)

    def row(self, model_id: str, line: Line, usd: Decimal | None, effective_from: datetime | None = None) -> Price:
        """A row of the price list."""
        return Price.new(self.models[model_id].pk, line, usd, effective_from)


@lru_cache(maxsize=4096)
def _line_text(line: Line) -> str:
    parts: Iterable[str | None] = (
        f"{line.kind} per {line.unit}",
        None if line.service_tier == ServiceTier.DEFAULT else line.service_tier,
        None if line.min_prompt_tokens is None else f"above {line.min_prompt_tokens} tokens",
        None if line.utc_start is None or line.utc_end is None else f"{line.utc_start:04}-{line.utc_end:04} UTC",
        " ".join(line.utc_days) or None,
    )
    return ", ".join(part for part in parts if part)


def _scheduled_text(line: Line, moment: datetime) -> str:
    return f"price of {_line_text(line)} from {moment:%Y-%m-%d %H:%M} UTC"
