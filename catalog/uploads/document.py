"""The state and the result of an upload as one document, for programs."""

from typing import Any

from catalog.importing.plan import Change
from catalog.models import UNDER_WAY, Upload, UploadState

STATES = {
    UploadState.WAITING: "waiting",
    UploadState.WORKING: "working",
    UploadState.PREVIEW: "planned",
    UploadState.NOT_ALLOWED: "planned",
    UploadState.PROPOSED: "proposed",
    UploadState.REFUSED: "refused",
    UploadState.APPLIED: "applied",
    UploadState.FAILED: "failed",
}

REMARK = ("entry", "field", "sentence")
CHANGE = tuple(Change.__slots__)


def state_of(upload: Upload) -> str:
    """Its state, for programs: a plan without a change is "unchanged"."""
    is_idle = upload.state == UploadState.APPLIED and not (upload.count("new") or upload.count("changed"))
    return "unchanged" if is_idle else STATES[UploadState(upload.state)]


def document_of(upload: Upload) -> dict[str, Any]:
    """All that is known of an upload. ``changes`` are field by field; equal warnings and notes are one each."""
    document: dict[str, Any] = {"id": upload.pk, "state": state_of(upload)}
    if upload.state in UNDER_WAY:
        return document | {"phase": upload.phase, "done": upload.done, "total": upload.total}
    if upload.state == UploadState.FAILED:
        return document | {"why": upload.outcome["why"]}
    outcome = upload.outcome
    rows: dict[str, list[Any]] = {}
    for page in upload.pages.all():
        for name, found in page.content.items():
            rows.setdefault(name, []).extend(found)
    return document | {
        "digest": outcome["digest"] or upload.agreed,
        "confirm": outcome["to_type"] or None,
        "needs_publisher": outcome.get("is_for_publishers", False),
        "dangers": outcome["dangers"],
        "counts": outcome["counts"],
        **{name: [dict(zip(REMARK, one, strict=True)) for one in rows.get(name, ())] for name in ("problems", "warnings")},
        "created": rows.get("created", []),
        "changes": [dict(zip(CHANGE, one, strict=True)) for one in rows.get("fields", ())],
        "openrouter": [{"from": at, **one} for at, one in rows.get("consequences", ())],
        "findings": rows.get("findings", []),
        **{name: [dict(zip(REMARK, one, strict=True)) for one in rows.get(name, ())] for name in ("missing", "notes")},
    }
