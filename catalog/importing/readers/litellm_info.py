"""Reading the answer of a LiteLLM proxy at ``/model/info``: its deployments, each with the facts of the cost map.

Only the prices of ``litellm_params`` are read: the rest can contain secrets, and is never repeated.
"""

from collections.abc import Iterator
from typing import Any

from catalog.importing.drafts import Reading, Remark
from catalog.importing.readers import litellm, litellm_keys
from catalog.importing.readers.entry import EntryReader
from catalog.importing.readers.merging import read_entries
from catalog.importing.values import entry_label, shown

NAME = "litellm-info"

OF_THE_PROXY = frozenset(
    {"id", "key", "db_model", "base_model", "supported_openai_params", "updated_at", "updated_by", "created_at", "created_by", "team_id",
     "team_public_model_name", "direct_access", "access_groups", "access_via_team_ids", "tier", "rpm", "tpm", "health_check_model", "metadata"}
)  # fmt: skip
"""Keys about how the proxy works."""


def recognize(document: Any) -> bool:
    """Whether it looks like this format: entries with ``model_name`` and ``model_info``."""
    entries = document.get("data") if isinstance(document, dict) else None
    return isinstance(entries, list) and any(
        isinstance(entry, dict) and "model_name" in entry and isinstance(entry.get("model_info"), dict) for entry in entries
    )


def read(document: Any, *, per_million: bool = False) -> Reading:
    """Read all deployments; of several of one model the first is used, and those with other costs are named."""
    reading = litellm.new_reading()
    return read_entries(reading, _entries(document["data"], reading, per_million))


def _entries(deployments: list[Any], reading: Reading, per_million: bool) -> Iterator[EntryReader]:
    seen: dict[Any, tuple[str, dict[str, Any]]] = {}
    for number, deployment in enumerate(deployments, start=1):
        name = deployment.get("model_name") if isinstance(deployment, dict) else None
        facts = deployment.get("model_info") if isinstance(deployment, dict) else None
        label = entry_label(number, name)
        if not isinstance(facts, dict):
            reading.notes.append(Remark(label, "model_info", "Skipped: it is not an object."))
            continue
        params = deployment.get("litellm_params")
        own = (
            {key: value for key, value in params.items() if litellm_keys.MONEY_KEY.search(key)}
            if isinstance(params, dict)
            else {}
        )
        known = {key: value for key, value in {**facts, **own}.items() if value is not None and key not in OF_THE_PROXY}
        money = {key: value for key, value in known.items() if litellm_keys.MONEY_KEY.search(key)}
        if isinstance(name, str) and name in seen:
            first, before = seen[name]
            if money != before:
                sentence = f"Another deployment, {first}, has other costs and was used instead."
                reading.warnings.append(Remark(label, "model_info", sentence))
            else:
                reading.notes.append(Remark(label, "model_name", f"Skipped: {first} is the same model."))
        elif known.get("mode") not in litellm.OUTPUTS:
            reading.notes.append(
                Remark(label, "mode", f"Skipped: this catalog has no models of mode {shown(known.get('mode'))}.")
            )
        else:
            if isinstance(name, str):
                seen[name] = label, money
            yield Deployment({**known, "id": name}, number, reading, per_million)


class Deployment(litellm.Model):
    """One deployment. The proxy fills in costs of 0 if it knows none."""

    def read_fields(self) -> None:
        """As an entry of the map."""
        super().read_fields()
        amounts = [usd for prices in self.price_lists.values() for usd in prices.lines.values()]
        if amounts and not any(amounts):
            self.doubt("model_info", "It costs 0, which the proxy also writes if it knows no cost.")
