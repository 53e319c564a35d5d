"""Files with models and prices: uploaded, previewed with every change and its consequences, and then applied."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldBooleanWidget

from catalog.admin.exports import tables_of_all, tables_offered
from catalog.admin.paging import pager
from catalog.admin.reviews.page import LONGEST_REASON, may_publish, review_context
from catalog.admin.reviews.proposing import propose, typed_text
from catalog.admin.reviews.tables import by_sentence
from catalog.importing.plan import HELD_BACK, TO_CHECK
from catalog.importing.registry import FORMATS
from catalog.importing.source import LARGEST
from catalog.models import UNDER_WAY, Upload, UploadState
from catalog.models.upload import REPOSITORY
from catalog.review import Agreement
from catalog.review.proposals import proposals_enabled
from catalog.uploads import outcome, queue
from catalog.uploads.processing import NEEDED_PERMISSIONS

FORMAT_NAMES = {
    "openrouter": "OpenRouter's flat listing",
    "openrouter-v2": "OpenRouter's Model Document V2",
    "openrouter-api": "OpenRouter's Models API",
    "litellm": "LiteLLM's cost map",
    "price-history": "History of prices",
    "models-dev": "models.dev's api.json",
    "litellm-info": "LiteLLM proxy's /model/info",
    "genai-prices": "genai-prices' data",
    "llm-prices": "llm-prices' lists",
    "new-api": "new-api's /api/pricing",
    "models-table": "Table of models, CSV or XLSX",
    "offers-table": "Table of offers, CSV or XLSX",
    "prices-table": "Table of prices, CSV or XLSX",
}
RECENT = 10
LONGEST_NAMED = 300
"""Characters of the name of an entry to leave out."""


def progress_of(upload: Upload) -> JsonResponse:
    """The progress of an upload, for the script of its page."""
    is_at_work = upload.state in UNDER_WAY
    progress = {"is_at_work": is_at_work, "phase": upload.phase, "done": upload.done, "total": upload.total}
    return JsonResponse(progress, headers={"Cache-Control": "no-store"})


class UploadForm(forms.Form):
    """The file, and how to read it."""

    file = forms.FileField(
        label="File",
        max_length=255,
        widget=forms.FileInput(attrs={"class": "mc-input mc-file", "accept": ".json,.csv,.tsv,.xlsx"}),
        help_text=f"JSON, CSV in UTF-8, or XLSX; {LARGEST // 1024 // 1024} MiB at most. Choose it, or drop it here.",
    )
    format = forms.ChoiceField(
        label="Format",
        required=False,
        choices=[("", "Detect automatically"), *((name, FORMAT_NAMES[name]) for name in FORMATS)],
        widget=UnfoldAdminSelectWidget(),
    )
    prices_per = forms.ChoiceField(
        label="Token prices in the file are",
        required=False,
        choices=[("token", "per token"), ("million", "per million tokens")],
        widget=UnfoldAdminSelectWidget(),
        help_text="For JSON. The columns of a table have their units in their names.",
    )
    list_on_openrouter = forms.BooleanField(
        label="List new, complete models on OpenRouter",
        required=False,
        widget=UnfoldBooleanWidget(),
        help_text="Otherwise new models are not listed, and existing ones keep their setting.",
    )

    skip = forms.CharField(
        label="Leave out",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="Models in the file that are not imported, one per line: their ids or, without a usable id, the name that the list "
        "of problems has for them, such as entry 7.",
    )

    def __init__(self, *args: Any, may_list: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_list:
            del self.fields["list_on_openrouter"]

    def clean_skip(self) -> list[str]:
        """The lines of the field."""
        named = [line.strip() for line in self.cleaned_data["skip"].splitlines() if line.strip()]
        if any(len(one) > LONGEST_NAMED for one in named):
            raise ValidationError(f"A line has at most {LONGEST_NAMED} characters.")
        return named

    def clean_file(self) -> "UploadedFile[Any]":
        """The file. Raises ``ValidationError`` if it is too large."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST:
            raise ValidationError(f"The file is larger than {LARGEST // 1024 // 1024} MiB.")
        return file


class UploadsMixin(ModelAdmin):
    """The upload page, and a page for each file, which shows its progress and then its preview."""

    def get_urls(self) -> list[URLPattern]:
        """The page of an upload, and its progress."""
        wrap = self.admin_site.admin_view
        own = [
            path("upload/<int:pk>/", wrap(self.upload_page), name="catalog_aimodel_upload_page"),
            path("upload/<int:pk>/progress/", wrap(self.upload_progress), name="catalog_aimodel_upload_progress"),
        ]
        return [*own, *super().get_urls()]

    def has_upload_permission(self, request: HttpRequest) -> bool:
        """Whether they may do everything that an import does."""
        return bool(request.user.has_perms(NEEDED_PERMISSIONS))

    @action(description="Upload", url_path="upload", permissions=["upload"], icon="upload")  # type: ignore[untyped-decorator]
    def upload(self, request: HttpRequest) -> HttpResponse:
        """Accept a file, and queue it for reading."""
        is_sent = request.method == "POST"
        form = UploadForm(
            request.POST if is_sent else None, request.FILES if is_sent else None, may_list=may_publish(request)
        )
        if form.is_valid():
            cleaned = form.cleaned_data
            try:
                kept = queue.add_file(
                    cleaned["file"].chunks(),
                    uploaded_by=cast(User, request.user),
                    name=cleaned["file"].name,
                    format=cleaned["format"],
                    per_million=cleaned["prices_per"] == "million",
                    list_on_openrouter=cleaned.get("list_on_openrouter", False),
                    skip=cleaned["skip"],
                )
                return HttpResponseRedirect(reverse("admin:catalog_aimodel_upload_page", args=[kept.pk]))
            except queue.TooMuch as refusal:
                form.add_error(None, str(refusal))
        context = {
            **self.admin_site.each_context(request),
            "title": "Upload models and prices",
            "form": form,
            "recent": self.uploads_of(request).select_related("api_key").defer("content", "outcome")[:RECENT],
            "tables": tables_of_all(),
            "offered": tables_offered(),
            "feeds": [FORMAT_NAMES[name] for name in FORMATS if not name.endswith("-table")],
        }
        return TemplateResponse(request, "admin/imports/new_upload.html", context)

    def uploads_of(self, request: HttpRequest) -> QuerySet[Upload]:
        """The user's own uploads of files; nobody sees those of others."""
        return Upload.objects.filter(uploaded_by=cast(User, request.user)).exclude(format=REPOSITORY)

    def upload_of(self, request: HttpRequest, pk: int) -> Upload:
        """One of the user's uploads; an interrupted one is marked as failed."""
        if not self.has_upload_permission(request):
            raise PermissionDenied
        queue.resume()
        return get_object_or_404(self.uploads_of(request).defer("content"), pk=pk)

    def upload_progress(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The progress of an upload, as JSON."""
        return progress_of(self.upload_of(request, pk))

    def upload_page(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The progress of an upload, its preview, or its result."""
        upload = self.upload_of(request, pk)
        if request.method == "POST":
            return self.answer_upload(request, upload)
        return self.show_upload(request, upload)

    def answer_upload(self, request: HttpRequest, upload: Upload) -> HttpResponse:
        """Apply it, propose it, try it again, or discard it."""
        agreement = Agreement(request.POST.get("_agreed", ""), request.POST.get("_typed", ""))
        if "_drop" in request.POST and upload.state != UploadState.WORKING:
            upload.delete()
            messages.success(request, f"Discarded {upload.name}. Nothing was applied.")
            return HttpResponseRedirect(reverse("admin:catalog_aimodel_upload"))
        try:
            if "_again" in request.POST and upload.state == UploadState.FAILED:
                queue.retry(upload)
            elif "_confirm" in request.POST and upload.state == UploadState.PREVIEW:
                if agreement.digest == upload.outcome["digest"] and agreement.typed.strip() != upload.outcome["to_type"]:
                    return self.show_upload(request, upload, is_mistyped=True)
                queue.begin(upload, agreement, typed_text(request, "_why")[:LONGEST_REASON])
            elif "_propose" in request.POST and self.may_propose(upload):
                with transaction.atomic():
                    if self.claim(upload):
                        pages = upload.pages.all()
                        propose(request, [change for page in pages for change in outcome.review_of(page.content).changes])
        except queue.TooMuch as refusal:
            messages.error(request, str(refusal))
        return HttpResponseRedirect(request.path)

    def may_propose(self, upload: Upload) -> bool:
        """Whether it can be proposed: a proposal contains only changes of models."""
        is_refused = upload.state == UploadState.NOT_ALLOWED
        return is_refused and proposals_enabled() and upload.outcome["is_of_models"]

    def claim(self, upload: Upload) -> bool:
        """Mark it as proposed. Returns whether it was not proposed yet, so that a double click proposes once."""
        not_allowed = Upload.objects.filter(pk=upload.pk, state=UploadState.NOT_ALLOWED)
        return bool(not_allowed.update(state=UploadState.PROPOSED))

    def show_upload(self, request: HttpRequest, upload: Upload, *, is_mistyped: bool = False) -> HttpResponse:
        """The page, with the part of the result that the address names."""
        is_at_work = upload.state in UNDER_WAY
        context = {
            **self.admin_site.each_context(request),
            "title": f"Upload: {upload.name}",
            "upload": upload,
            "is_at_work": is_at_work,
            "why": upload.outcome.get("why", ""),
            "is_mistyped": is_mistyped,
        }
        if upload.outcome and upload.state not in (*UNDER_WAY, UploadState.FAILED):
            context |= self.found(request, upload)
        return TemplateResponse(request, "admin/imports/upload.html", context)

    def found(self, request: HttpRequest, upload: Upload) -> dict[str, Any]:
        """The result, as the templates of reviews show it."""
        number = request.GET.get("page", "1")
        page = (
            upload.pages.filter(number=int(number)).first()
            if number.isascii() and number.isdigit() and len(number) < 7
            else None
        )
        if page is None:
            raise Http404
        is_allowed = upload.state == UploadState.PREVIEW
        return {
            **review_context(outcome.review_of(page.content)),
            **outcome.remarks_of(page.content),
            "past": outcome.past_of(page.content),
            "changes_total": upload.count("changes"),
            "public_total": upload.count("made_public"),
            "withdrawn_total": upload.count("withdrawn"),
            "changes_feed": upload.outcome["changes_feed"],
            "counts": upload.outcome["counts"],
            "outcome": upload.outcome,
            "page": page,
            "to_check": TO_CHECK,
            "held_back": HELD_BACK,
            "pager": pager(
                request, Paginator(range(upload.count("pages")), 1).get_page(page.number), label="Pages of the result"
            ),
            "dangers": by_sentence(upload.outcome["dangers"]),
            "typed": request.POST.get("_typed", ""),
            "why": request.POST.get("_why", upload.reason),
            "longest_reason": LONGEST_REASON,
            "more_dangers": upload.count("dangers") - len(upload.outcome["dangers"]),
            "to_type": upload.outcome["to_type"],
            "is_allowed": is_allowed,
            "may_propose": self.may_propose(upload),
        }
