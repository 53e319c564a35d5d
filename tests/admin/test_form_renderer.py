"""The parts of forms that are written without templates are as the templates write them."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.forms.utils import ErrorList
from django.test import Client
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy
from pytest_django.fixtures import Settings
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from catalog.models import Offer
from catalog_site.form_renderer import FormRenderer
from tests.admin.common import change, data_of
from tests.factories import make_datacenter, make_listed

GROUPED = [("Fruit", [("a", "Apple")]), ("b", "Bread")]


def without_spaces(html: str) -> str:
    """The HTML without white space between tags, of which the templates have much."""
    return re.sub(r"\s*(?=<)|(?<=>)\s*", "", re.sub(r"\s+", " ", html))


def parts(form: Any, renderer: DjangoTemplates) -> Iterator[str]:
    """The errors, labels and boxes of a form, as a renderer writes them."""
    form.renderer = renderer
    for errors in (form.non_field_errors(), *(bound.errors for bound in form)):
        errors.renderer = renderer
        yield str(errors)
    for bound in form:
        yield bound.label_tag(attrs={"class": "<a>"})
        yield str(bound)
        yield bound.as_hidden()


def assert_same(form: Any, other: Any = None) -> None:
    """A form is written alike by both renderers; ``other`` is its twin, where writing it once changes its boxes."""
    ours = [without_spaces(part) for part in parts(form, FormRenderer())]
    assert ours == [without_spaces(part) for part in parts(other or form, DjangoTemplates())]


@pytest.mark.django_db
def test_all_that_stands_in_the_form_of_a_model(admin_client: Client) -> None:
    model = make_listed(
        name="<b>&\"'",
        notes="ü\n<i>",
        aliases=["a&b"],
        datacenters=(make_datacenter(), make_datacenter("ams1", name="<Ams>")),
    )
    Offer.objects.create(ai_model=model, variant="flex", context_length=5)
    page = admin_client.get(change(model))
    data = data_of(page)
    wrong = {"model_id": "", "context_length": "<x>", "released_at": "then", "quantization": "no", "prices-0-amount": "'"}
    for answer in (page, admin_client.post(change(model), {**data, **wrong})):
        shown = [answer.context["adminform"].form]
        for inline in answer.context["inline_admin_formsets"]:
            shown += [inline.formset.management_form, *inline.formset.forms, inline.formset.empty_form]
        for form in shown:
            assert_same(form)
    assert "required" in answer.content.decode()


def test_boxes_that_other_forms_have(settings: Settings) -> None:
    settings.USE_THOUSAND_SEPARATOR = True

    class Form(forms.Form):
        prefixed = forms.CharField(widget=UnfoldAdminTextInputWidget(attrs={"prefix": "$", "suffix_icon": "x"}))
        plain = forms.CharField(widget=UnfoldAdminTextInputWidget, required=False)
        grouped = forms.ChoiceField(choices=GROUPED, widget=UnfoldAdminSelectWidget)
        radio = forms.ChoiceField(choices=[("a", "A"), ("", "<None>")], widget=UnfoldAdminRadioSelectWidget(radio_style=1))
        number = forms.IntegerField(min_value=1, widget=forms.NumberInput({"data-x": None, "hidden": True, "open": False}))
        is_so = forms.BooleanField(label="<Is it?>")
        chosen = forms.MultipleChoiceField(choices=GROUPED, widget=forms.CheckboxSelectMultiple)
        counted = forms.ChoiceField(choices=[(1000, 1234567), (None, mark_safe("<b>-</b>"))], widget=UnfoldAdminSelectWidget)
        listed = forms.CharField(widget=UnfoldAdminTextInputWidget, initial=["<a>", 1234.5], label=gettext_lazy("<Listed>"))

    typed = {"prefixed": "1", "counted": 1000, "grouped": "b", "radio": "a", "number": "0", "chosen": ["a", "zzz"]}
    assert_same(Form(), Form())
    assert_same(Form(typed), Form(typed))
    ours = FormRenderer().render(ErrorList.template_name, {"errors": ErrorList(["<no>"], field_id="x"), "error_class": "e"})
    assert ours == '<ul class="e" id="x_error"><li>&lt;no&gt;</li></ul>'
