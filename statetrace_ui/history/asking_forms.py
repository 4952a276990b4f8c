"""The query strings of lists that answer questions: a line, and the same as a form whose fields become terms of it."""

from collections.abc import Iterator, Sequence
from typing import Any, Self

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from statetrace_ui.history import queries
from statetrace_ui.history.forms import LONGEST_NAME
from statetrace_ui.history.models import Change, SavedQuestion, Source
from statetrace_ui.history.question.editing import Part, joined, parts_of
from statetrace_ui.history.question.errors import QuestionError
from statetrace_ui.history.question.lines import LONGEST_LINE
from statetrace_ui.history.question.moments import write_since, write_until
from statetrace_ui.history.question.names import KINDS
from statetrace_ui.history.question.parsing import parse
from statetrace_ui.history.question.terms import Question
from statetrace_ui.history.question.writing import compared_text, term
from statetrace_ui.history.shown_parts import shown_values
from statetrace_ui.history.table_names import qualified_name, split_name
from statetrace_ui.web.forms import NOT_LISTED, PeriodForm
from statetrace_ui.web.models import Organisation

WORDS = {code: word for word, code in KINDS.items()}  # of kinds, by their letters
LONGEST_VALUE = 500


def _text(label: str, placeholder: str, longest: int = LONGEST_VALUE) -> forms.CharField:
    widget = forms.TextInput(attrs={"placeholder": placeholder})
    return forms.CharField(required=False, label=label, max_length=longest, widget=widget)


class LineForm(forms.Form):
    """q: the line. only, without: a part of a line that a click asks for alone, or excludes. filters: of a form that
    was sent. after: the newest change that the page shows already; None for the list itself.
    """

    q = forms.CharField(required=False, strip=False)
    only = forms.CharField(required=False)
    without = forms.CharField(required=False)
    filters = forms.BooleanField(required=False)
    cursor = forms.CharField(required=False, max_length=500)
    after = forms.IntegerField(required=False, min_value=0, max_value=2**63 - 1)

    def clean_only(self) -> str:
        return _one_part(self.cleaned_data["only"])

    def clean_without(self) -> str:
        return _one_part(self.cleaned_data["without"])

    @property
    def rewrites(self) -> bool:
        """Whether the line is to be written anew, into another address."""
        return any(self.cleaned_data[name] for name in ("only", "without", "filters"))


def _one_part(text: str) -> str:
    try:
        if not text or len(parts_of(text)) == 1:
            return text
    except QuestionError as error:
        raise ValidationError(error.sentence) from None
    raise ValidationError("This is more than one term.")


class FilterForm(PeriodForm):
    """Fields that say what terms say. rest: the terms of the line that no field shows, which the form passes on."""

    source = forms.ModelChoiceField(
        Source.objects.none(), required=False, empty_label="All sources", error_messages=NOT_LISTED
    )
    # The fields that are a term with the same name and the value as it is.
    plain: Sequence[str] = ("actor", "app")

    def __init__(self, *args: Any, organisation: Organisation, rest: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = queries.sources_of(organisation)  # type: ignore[attr-defined]
        self.rest = rest

    @classmethod
    def showing(cls, parts: Sequence[Part], question: Question, organisation: Organisation) -> Self:
        """The form with as much of the question in its fields as they can say."""
        values, rest = shown_values(parts, question, queries.sources_of(organisation), set(cls.base_fields))
        return cls(initial=values, organisation=organisation, rest=joined(rest))

    def terms(self) -> Iterator[str]:
        """A part of a line for each field that is filled in."""
        data = self.cleaned_data
        for name in self.plain:
            if data.get(name):
                yield term(name, data[name])
        if data["source"]:
            yield term("source", data["source"].name)
        zone = timezone.get_current_timezone()
        if data["start"]:
            yield f"since:{write_since(data['start'], zone)}"
        if data["end"]:
            yield f"until:{write_until(data['end'], zone)}"


class SessionFilters(FilterForm):
    actor = _text("Actor", "Name, email or id", 200)
    app = _text("Application", "shop")
    field_order = ["actor", "app", "source"]


class ChangeFilters(FilterForm):
    table = _text("Table", "public.orders", LONGEST_NAME)
    key = _text("Record", "68")
    kind = forms.ChoiceField(
        required=False, choices=[("", "All but snapshots"), *Change.Kind.choices], error_messages=NOT_LISTED
    )
    field = _text("Field", "status")
    old = _text("Value before", "new")
    new = _text("Value after", "paid, or >100")
    actor = _text("Actor", "Name, email or id", 200)
    url = _text("Request", "/checkout/")
    outside = forms.BooleanField(required=False, label="From outside the application")
    plain = ("key", "actor", "url")
    field_order = ["table", "key", "kind", "field", "old", "new", "actor", "url", "source", "since", "until", "outside"]

    def clean_table(self) -> str:
        """As it is written. In addresses of before there was a line, a name without a schema is one of `public`."""
        table: str = self.cleaned_data["table"]
        name = None if "filters" in self.data else split_name(table)
        return qualified_name(*name) if name else table

    def terms(self) -> Iterator[str]:
        data = self.cleaned_data
        if data["table"]:
            yield term("table", data["table"])
        if data["kind"]:
            yield term("kind", WORDS[data["kind"]]) if data["kind"] in WORDS else "gap"
        if data["outside"]:
            yield "outside"
        yield from self._condition()
        yield from super().terms()

    def _condition(self) -> Iterator[str]:
        data = self.cleaned_data
        values = [compared_text(name, data[name]) for name in ("old", "new") if data[name]]
        if data["field"] or values:
            yield " ".join([term("field", data["field"] or "*"), *values])


class SuggestionForm(forms.Form):
    """at: the place in the line at which somebody writes."""

    q = forms.CharField(required=False, strip=False, max_length=LONGEST_LINE)
    at = forms.IntegerField(min_value=0, max_value=LONGEST_LINE)
    to = forms.ChoiceField(choices=SavedQuestion.Asked.choices)


class SaveForm(forms.Form):
    """shared: with the organisation."""

    name = forms.CharField(max_length=80)
    q = forms.CharField(max_length=LONGEST_LINE)
    to = forms.ChoiceField(choices=SavedQuestion.Asked.choices)
    shared = forms.BooleanField(required=False)

    def clean_q(self) -> str:
        line: str = self.cleaned_data["q"]
        try:
            parse(line, timezone.now(), timezone.get_current_timezone())
        except QuestionError as error:
            raise ValidationError(error.sentence) from None
        return line


class RenameForm(forms.Form):
    name = forms.CharField(max_length=80)
