"""What people send to run SQL: parameters of the library's queries, and statements of their own."""

from typing import Any

from django import forms

from replica.library.definitions import LibraryQuery

LONGEST_SQL = 20_000
MOST = 2**53


class ParametersForm(forms.Form):
    """The parameters of one query. What the address does not name has its default."""

    def __init__(self, *args: Any, query: LibraryQuery, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for one in query.parameters:
            self.fields[one.name] = _field(one.kind, one.label)


def _field(kind: str, label: str) -> forms.Field:
    if kind == "whole":
        return forms.IntegerField(label=label, min_value=-MOST, max_value=MOST)
    if kind == "number":
        return forms.FloatField(label=label, min_value=0)
    return forms.CharField(label=label, required=False, max_length=1_024, strip=False)


class TokenForm(forms.Form):
    """What names a run, so that it can be cancelled."""

    token = forms.RegexField(r"\A[0-9a-f]{16,32}\Z", widget=forms.HiddenInput)


class SqlForm(TokenForm):
    sql = forms.CharField(max_length=LONGEST_SQL, label="SQL")
    chart = forms.BooleanField(required=False)

    def clean_sql(self) -> str:
        return str(self.cleaned_data["sql"]).replace("\r\n", "\n")


class SaveForm(forms.Form):
    name = forms.CharField(max_length=100)
    sql = forms.CharField(max_length=LONGEST_SQL)
    shared = forms.BooleanField(required=False)

    clean_sql = SqlForm.clean_sql


class PageForm(forms.Form):
    """What stands in the field at first: a saved statement, or one that another page hands over. It is not run."""

    saved = forms.IntegerField(required=False)
    sql = forms.CharField(required=False, max_length=LONGEST_SQL)
