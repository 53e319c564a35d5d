"""The wire formats, one file each. To add one: write its file, and add its line here."""

from catalog.formats import app, catalog, litellm, models_api, models_dev, openrouter, openrouter_v2, wandb
from catalog.formats.format import Format

FORMATS: dict[str, Format] = {
    format_.name: format_
    for format_ in (
        openrouter.FORMAT,
        openrouter_v2.FORMAT,
        catalog.FORMAT,
        models_dev.FORMAT,
        litellm.FORMAT,
        models_api.FORMAT,
        wandb.FORMAT,
        app.FORMAT,
    )
}
"""Every format by its name, as in ``export_models --format …``."""

CHOSEN_BY_QUERY = {name: format_ for name, format_ in FORMATS.items() if format_.path == "/v1/models"}
"""The formats of ``GET /v1/models?format=…``."""

__all__ = ["CHOSEN_BY_QUERY", "FORMATS", "Format"]
