"""Price lists: prices from now on, scheduled prices, and price histories."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from catalog.importing.applying.work import Work
from catalog.importing.drafts import ModelDraft, PriceList, Remark
from catalog.listing import revision
from catalog.models import Line, Price, ServiceTier
from catalog.models.many import one_of


class PricesWork(Work):
    """Writes prices."""

    def write_prices(self) -> None:
        """Add a row for each price that differs, and an end for each that is no longer stated."""
        stated = {model_id: draft for model_id, draft in self.drafts.items() if draft.price_lists}
        keys = {self.models[model_id].pk: model_id for model_id in stated}
        now = revision().now
        in_force: dict[str, dict[Line, Decimal]] = {model_id: {} for model_id in stated}
        rows = Price.objects.in_force(now).filter(ai_model__in=one_of(keys)).values_list("ai_model_id", "usd", *Line._fields)
        for key, usd, *columns in rows.iterator(chunk_size=10_000):
            if usd is not None:
                in_force[keys[key]][Line.of_columns(columns)] = usd
        for model_id, draft in stated.items():
            for tier, price_list in draft.price_lists.items():
                self.compare(draft, tier, price_list, in_force[model_id])
        new = self.new_prices + self.past_prices()
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

    def past_prices(self) -> list[Price]:
        """The rows of price histories, except those that the catalog already has: its past prices stay."""
        stated = {model_id: draft for model_id, draft in self.drafts.items() if draft.past}
        keys = {self.models[model_id].pk: model_id for model_id in stated}
        columns = ("ai_model_id", "effective_from", "usd", *Line._fields)
        known = {
            (keys[key], Line.of_columns(line), moment): usd
            for key, moment, usd, *line in Price.objects.filter(ai_model__in=one_of(keys))
            .order_by()
            .values_list(*columns)
            .iterator(chunk_size=10_000)
        }
        rows = []
        for model_id, draft in stated.items():
            for moment, line, usd in draft.past:
                stored = known.get((model_id, line, moment), ...)
                if stored is ...:
                    rows.append(self.row(model_id, line, usd, effective_from=moment))
                    self.say(model_id, f"price of {_line_text(line)} from {moment:%Y-%m-%d}", None, usd)
                elif stored != usd:
                    sentence = (
                        f"The catalog has a different price of {_line_text(line)} from {moment:%Y-%m-%d}, and keeps it."
                    )
                    self.plan.notes.append(Remark(draft.entry, "prices", sentence))
        return rows

    def compare(self, draft: ModelDraft, tier: str, price_list: PriceList, in_force: dict[Line, Decimal]) -> None:
        """The rows that make a model's price list at one tier equal to the stated one."""
        is_free_alone = self.reading.free_costs_nothing and not in_force and self.models[draft.model_id].has_free_variant
        for line, usd in price_list.lines.items():
            if is_free_alone and usd == 0:
                continue
            if in_force.get(line) != usd:
                self.price(draft.model_id, line, in_force.get(line), usd)
        for line, usd in in_force.items():
            owned = line.service_tier == tier and self.reading.owns(draft, line)
            is_kept = line in price_list.lines or (line in price_list.fillers and usd == 0)
            if owned and not is_kept and not price_list.is_partial:
                self.price(draft.model_id, line, usd, None)

    def price(self, model_id: str, line: Line, old: Decimal | None, new: Decimal | None) -> None:
        """One more row, in force from now on by the database's clock."""
        self.new_prices.append(self.row(model_id, line, new))
        self.say(model_id, f"price of {_line_text(line)}", old, new)

    def row(self, model_id: str, line: Line, usd: Decimal | None, effective_from: datetime | None = None) -> Price:
        """A row of the price list."""
        return Price.new(self.models[model_id].pk, line, usd, effective_from)


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
