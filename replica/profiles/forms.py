"""The query strings of the flame graph's data."""

from django import forms


class MergedQuery(forms.Form):
    """The merged tree below a path: `path` holds method numbers from the root, separated by dots."""

    weight = forms.ChoiceField(choices=[("wall", "Wall time"), ("cpu", "CPU time")])
    path = forms.RegexField(r"^\d{1,9}(\.\d{1,9})*$", required=False, max_length=20_000)

    def clean_path(self) -> list[int]:
        return [int(number) for number in self.cleaned_data["path"].split(".") if number]


class CallQuery(forms.Form):
    """The call at a position: depth counts from 0, `at` is in µs since the first call."""

    depth = forms.IntegerField(min_value=0, max_value=2**31)
    at = forms.IntegerField(min_value=0, max_value=2**53)


class SearchQuery(forms.Form):
    q = forms.CharField(max_length=200)
