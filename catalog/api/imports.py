"""Imports by pipelines: a file is planned, and applied or proposed by the digest of its plan, with a staff member's key.

As an upload in the admin, the file goes into the queue of ``catalog.uploads``, and another process does the work. No request waits
for it.
"""

import re
from typing import Any, cast

from django.contrib.auth.models import User
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, PermissionDenied, UnsupportedMediaType
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.api import errors
from catalog.api.base import JSON, ReadOnlyView
from catalog.api.imports_schema import DOCUMENT
from catalog.api.keys import BearerKey, MayImport
from catalog.importing.registry import FORMATS
from catalog.importing.source import LARGEST
from catalog.models import ApiKey, KeyScope, Upload, UploadState
from catalog.models.upload import REPOSITORY
from catalog.review import proposals
from catalog.uploads import queue
from catalog.uploads.document import document_of

AGAIN_AFTER = 1
"""Seconds after which a client may ask for the result again."""
ROOM_AFTER = 10
"""Seconds after which the queue may have room again."""
HEADERS = {"Cache-Control": "no-store", "Vary": "Authorization"}
TOKEN = re.compile(r"[!-~]{1,255}", re.ASCII)
"""The form of an idempotency key."""

STATUSES = {
    UploadState.WAITING: 202,
    UploadState.WORKING: 202,
    UploadState.REFUSED: 422,
    UploadState.FAILED: 503,
}
REASONS = {
    403: "The OpenRouter feeds would show this, and the owner of the key may not change them alone.",
    409: "The catalog has changed since that plan. Nothing was changed; this is the plan now.",
    422: "Nothing was changed: each problem is named by its entry and field.",
    503: "Nothing was applied. Send it again.",
}


class ImportRequest(serializers.Serializer):  # type: ignore[type-arg]
    """The fields of a request."""

    file = serializers.FileField(max_length=255, help_text="The file, of 64 MiB at most.")
    format = serializers.ChoiceField(FORMATS, required=False, help_text="Detected if not given.")
    prices_per = serializers.ChoiceField(
        ["token", "million"], default="token", help_text="The unit of the token prices of JSON that does not state it."
    )
    list_on_openrouter = serializers.BooleanField(default=False, help_text="List new, complete models on OpenRouter.")
    skip = serializers.ListField(
        child=serializers.CharField(max_length=300),
        default=list,
        max_length=1000,
        help_text="Models or entries to leave out.",
    )
    digest = serializers.RegexField(
        r"^[0-9a-f]{32}$",
        required=False,
        help_text="The digest of a plan, to apply or propose it; without it the response is a plan.",
    )
    confirm = serializers.CharField(
        default="",
        allow_blank=True,
        max_length=300,
        help_text="What the plan says under `confirm`, if it is not null.",
    )
    propose = serializers.BooleanField(
        default=False, help_text="Store it as a proposal for a publisher, instead of applying it."
    )
    reason = serializers.CharField(
        default="", allow_blank=True, max_length=5000, help_text="Why: kept with the proposal, or in the history."
    )

    def validate_file(self, file: Any) -> Any:
        """The file. Raises ``ValidationError`` if it is too large."""
        if file.size > LARGEST:
            raise serializers.ValidationError(f"The file is larger than {LARGEST // 1024 // 1024} MiB.")
        return file

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Check that a proposal names a plan. An empty digest is an error of the client, not a request for a plan."""
        digest = attrs.get("digest", "")
        if not digest and (attrs["propose"] or "digest" in self.initial_data):
            raise serializers.ValidationError({"digest": "It must be the digest of a plan."})
        return attrs | {"digest": digest}


class ImportsView(ReadOnlyView):
    """``POST /api/v1/imports``."""

    http_method_names = ["post"]
    authentication_classes = [BearerKey]
    permission_classes = [MayImport]
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="import_models",
        summary="Plan an import, or apply or propose a plan by its digest",
        description=(
            "Needs an API key for imports, which staff create in the admin; it imports with its owner's permissions. The formats, the "
            "plan and the permissions are those of an upload in the admin. `Location` has the address of the result. "
            "A request with a `digest` changes something only if the plan is still the same."
        ),
        request={"multipart/form-data": ImportRequest},
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="A name for this request. The same name again is the same import, which starts again only if it has failed. "
                "Kept for a week at most, and for the owner's last 100 imports only.",
            )
        ],
        responses={
            (202, JSON): OpenApiResponse(DOCUMENT, "Accepted. Fetch the result from `Location`."),
            400: OpenApiResponse(DOCUMENT, "A field or header is wrong; `problems` names it."),
            401: OpenApiResponse(errors.SCHEMA, "The request has no valid API key."),
            403: OpenApiResponse(errors.SCHEMA, "The key or its owner may not do this."),
            405: OpenApiResponse(errors.SCHEMA, "Only POST is allowed."),
            413: OpenApiResponse(errors.SCHEMA, "The body is too long."),
            415: OpenApiResponse(errors.SCHEMA, "The body is not `multipart/form-data`."),
            422: OpenApiResponse(errors.SCHEMA, "The idempotency key names another request."),
            429: OpenApiResponse(errors.SCHEMA, "The owner has too much in the queue; see `Retry-After`."),
            503: OpenApiResponse(errors.SCHEMA, "The database does not answer; see `Retry-After`."),
        },
        auth=[{"apiKey": []}],  # type: ignore[list-item]
    )
    def post(self, request: Request) -> Response:
        """Take the file."""
        if not (request.content_type or "").startswith(MultiPartParser.media_type):
            raise UnsupportedMediaType(request.content_type, f"Send the file as {MultiPartParser.media_type}.")
        form = ImportRequest(data=request.data)
        name = request.headers.get("Idempotency-Key", "")
        wrong = {} if form.is_valid() else {field: _first(messages) for field, messages in form.errors.items()}
        if "Idempotency-Key" in request.headers and not TOKEN.fullmatch(name):
            wrong["Idempotency-Key"] = "It must have 1 to 255 printable ASCII characters without spaces."
        if wrong:
            problems = [{"entry": "the request", "field": field, "sentence": sentence} for field, sentence in wrong.items()]
            return _answer(400, {"problems": problems}, "The request cannot be read; each problem is named by its field.")
        data, key = form.validated_data, cast(ApiKey, request.auth)
        _check_scope(key, data)
        try:
            queue.check_room(cast(User, key.owner))
            upload = queue.add_file(
                data["file"].chunks(),
                uploaded_by=cast(User, key.owner),
                name=data["file"].name,
                format=data.get("format", ""),
                per_million=data["prices_per"] == "million",
                list_on_openrouter=data["list_on_openrouter"],
                skip=data["skip"],
                agreed=data["digest"],
                typed=data["confirm"],
                proposes=data["propose"],
                reason=data["reason"],
                api_key=key,
                idempotency_key=name,
            )
        except queue.TooMuch as refusal:
            answer = _answer(429, {}, str(refusal))
            answer.headers["Retry-After"] = str(ROOM_AFTER)
            return answer
        except queue.KeyReused:
            return _answer(422, {}, "This Idempotency-Key already names another request: its file or a field differs.")
        answer = _answer(202, document_of(upload) if upload.state in STATUSES else {"id": upload.pk, "state": "waiting"})
        answer.headers["Location"] = reverse("api-import", args=[upload.pk])
        answer.headers["Retry-After"] = str(AGAIN_AFTER)
        return answer


class ImportView(ReadOnlyView):
    """``GET /api/v1/imports/{id}``."""

    authentication_classes = [BearerKey]
    permission_classes = [MayImport]

    @extend_schema(
        operation_id="get_import",
        summary="The state and the result of an import",
        description="For imports of the key's owner. The status is that of the import: ask again while it is 202.",
        responses={
            (200, JSON): OpenApiResponse(DOCUMENT, "The plan, or what was applied or proposed."),
            202: OpenApiResponse(DOCUMENT, "It waits or runs."),
            401: OpenApiResponse(errors.SCHEMA, "The request has no valid API key."),
            403: OpenApiResponse(
                DOCUMENT, "The key or its owner may not do this; where only a publisher may, with the plan."
            ),
            404: OpenApiResponse(errors.SCHEMA, "The owner has no such import, or it is no longer kept."),
            405: OpenApiResponse(errors.SCHEMA, "Only GET and HEAD are allowed."),
            409: OpenApiResponse(DOCUMENT, "The catalog has changed since the plan; with the plan as it is now."),
            422: OpenApiResponse(DOCUMENT, "Refused; `problems` names each by its entry and field."),
            503: OpenApiResponse(DOCUMENT, "It was interrupted, or the database does not answer. Nothing was applied."),
        },
        auth=[{"apiKey": []}],  # type: ignore[list-item]
    )
    def get(self, request: Request, pk: int) -> Response:
        """Send it."""
        queue.resume()
        own = Upload.objects.filter(uploaded_by=cast(ApiKey, request.auth).owner).exclude(format=REPOSITORY).defer("content")
        upload = own.filter(pk=pk).first()
        if upload is None:
            raise NotFound(f"There is no import {pk} of the owner of this API key.")
        status, document = _status(upload), document_of(upload)
        message = REASONS.get(status, "")
        if status == 422 and upload.state != UploadState.REFUSED:
            message = _unmet(upload)
            field = "propose" if upload.proposes else "confirm"
            document["problems"] = [{"entry": "the request", "field": field, "sentence": message}]
        answer = _answer(status, document, message)
        if status in (202, 503):
            answer.headers["Retry-After"] = str(AGAIN_AFTER)
        return answer


def _first(messages: Any) -> str:
    """The first sentence about a field; those about a list are by the positions in it."""
    while isinstance(messages, (list, dict)):
        messages = next(iter(messages.values() if isinstance(messages, dict) else messages))
    return str(messages)


def _check_scope(key: ApiKey, data: dict[str, Any]) -> None:
    """Check whether the key may do that. Raises ``PermissionDenied``."""
    if data["propose"] and not proposals.proposals_enabled():
        raise PermissionDenied("This site does not use proposals (EDITORS_PROPOSE, FOUR_EYES).")
    needed = KeyScope.PROPOSE if data["propose"] else KeyScope.APPLY
    if data["digest"] and needed not in key.scopes:
        raise PermissionDenied(f"This API key may not {needed.value}.")


def _status(upload: Upload) -> int:
    """The HTTP status of a result. A plan is a success if the request did not ask to apply it."""
    if (status := STATUSES.get(UploadState(upload.state))) is not None:
        return status
    if not upload.agreed or upload.state in (UploadState.APPLIED, UploadState.PROPOSED):
        return 200
    if upload.outcome["has_changed"]:
        return 409
    return 403 if upload.state == UploadState.NOT_ALLOWED and not upload.proposes else 422


def _unmet(upload: Upload) -> str:
    """Why the plan that a request named was neither applied nor proposed."""
    if upload.proposes:
        return "This cannot be proposed, because it changes more than models as they are now, such as a datacenter or past prices."
    return f"To apply this, send confirm={upload.outcome['to_type']}, in the same request as the digest."


def _answer(status: int, document: dict[str, Any], message: str = "") -> Response:
    """The document; with an error, in the envelope of all errors."""
    error = errors.body(status, message) if status >= 400 else {}
    return Response({**error, **document}, status=status, headers=HEADERS)
