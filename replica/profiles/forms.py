"""The query strings of the flame graph's data."""

from typing import Any

from django import forms

FIRST_ROWS, MOST_ROWS = 100, 2000
GROUPS = [("method", "Method"), ("package", "Package"), ("thread", "Thread")]
SORTS = ["own", "total", "calls", "name"]
SHARES = {"": 0.001, "0.0001": 0.0001, "0.001": 0.001, "0.01": 0.01, "0.05": 0.05}


class StacksQuery(forms.Form):
    """Which calls: of a range (µs since the first call), and without which methods; and how they weigh.

    package, own: only calls of that package, or of no browser or system. share: paths that weigh less are summed up.
    """

    weight = forms.ChoiceField(choices=[("wall", "Wall time"), ("cpu", "CPU time")])
    package = forms.CharField(required=False, max_length=512, strip=False)
    own = forms.BooleanField(required=False)
    exclude = forms.RegexField(r"^\d{1,9}(\.\d{1,9})*$", required=False, max_length=2_000)
    collapse = forms.BooleanField(required=False)
    share = forms.ChoiceField(choices=[(share, share) for share in SHARES], required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("from", "to"):
            self.fields[name] = forms.IntegerField(required=False, min_value=0, max_value=2**53)

    def clean_exclude(self) -> list[int]:
        return numbers(self.cleaned_data["exclude"])

    def clean_share(self) -> float:
        return SHARES[self.cleaned_data["share"]]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        start, end = cleaned.get("from"), cleaned.get("to")
        if start is not None and end is not None and start >= end:
            self.add_error("to", "The end is before the beginning.")
        cleaned["span"] = None if start is None or end is None else (start, end)
        return cleaned


class MergedQuery(StacksQuery):
    """The merged tree below a path: `path` holds method numbers from the root, separated by dots."""

    path = forms.RegexField(r"^\d{1,9}(\.\d{1,9})*$", required=False, max_length=20_000)

    def clean_path(self) -> list[int]:
        return numbers(self.cleaned_data["path"])


class SandwichQuery(StacksQuery):
    """The callers and callees of a method; without one, of that with the most time of its own."""

    method = forms.IntegerField(required=False, min_value=0, max_value=2**31)


class TableQuery(StacksQuery):
    by = forms.ChoiceField(choices=GROUPS, required=False)
    sort = forms.ChoiceField(choices=[(sort, sort) for sort in SORTS], required=False)
    q = forms.CharField(required=False, max_length=200)
    rows = forms.IntegerField(required=False, min_value=1, max_value=MOST_ROWS)

    def clean_by(self) -> str:
        return self.cleaned_data["by"] or "method"

    def clean_sort(self) -> str:
        return self.cleaned_data["sort"] or "own"

    def clean_rows(self) -> int:
        return self.cleaned_data["rows"] or FIRST_ROWS


class CallQuery(forms.Form):
    """The call at a position: depth counts from 0, `at` is in µs since the first call."""

    depth = forms.IntegerField(min_value=0, max_value=2**31)
    at = forms.IntegerField(min_value=0, max_value=2**53)


class SearchQuery(forms.Form):
    q = forms.CharField(max_length=200)


class MatchQuery(SearchQuery):
    """The match after a position, or before it; without a position the first, or the last."""

    depth = forms.IntegerField(required=False, min_value=0, max_value=2**31)
    at = forms.IntegerField(required=False, min_value=0, max_value=2**53)
    back = forms.BooleanField(required=False)


def numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(".") if number]
