"""What people send when they edit a session; the limits are those of the replica's columns."""

from typing import Any

from django import forms

from replica.editing.service import SessionTexts
from replica.editing.stored import WRITTEN_BY_IMPORTS, StoredLabel
from replica.schema.statuses import SessionStatus

LONGEST_MS = 366 * 86_400_000.0
LABEL_TYPES = (
    *("user", "page-load-request", "image-match-request", "ocr-request"),
    *("loading-animation-request", "time-series-request"),
)


class SessionForm(forms.Form):
    name = forms.CharField(max_length=255, required=False)
    description = forms.CharField(max_length=65_535, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    status = forms.ChoiceField(choices=SessionStatus.choices)

    @property
    def texts(self) -> SessionTexts:
        # Browsers send line breaks as two characters.
        return SessionTexts(**self.cleaned_data | {"description": _lines(self.cleaned_data["description"])})


class TagForm(forms.Form):
    key = forms.CharField(max_length=64)
    value = forms.CharField(max_length=128)

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if key in WRITTEN_BY_IMPORTS:
            raise forms.ValidationError("This tag repeats what the session's own columns say; imports write it.")
        return key


class TagKeyForm(forms.Form):
    """A tag that is there, to be removed: its texts are taken as they are."""

    key = forms.CharField(max_length=64, strip=False)
    value = forms.CharField(max_length=128, strip=False)

    clean_key = TagForm.clean_key


class LabelForm(forms.Form):
    id = forms.CharField(max_length=36, required=False, strip=False, widget=forms.HiddenInput)
    name = forms.CharField(max_length=1_024)
    category = forms.CharField(max_length=1_024, required=False)
    start_ms = forms.FloatField(min_value=0, max_value=LONGEST_MS, label="Start (ms)")
    end_ms = forms.FloatField(min_value=0, max_value=LONGEST_MS, label="End (ms)")
    group_id = forms.CharField(max_length=36, required=False, label="Group")
    label_type = forms.CharField(max_length=256, required=False, label="Type")
    label_data = forms.CharField(max_length=65_535, required=False, label="Data")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("end_ms", 0) < cleaned.get("start_ms", 0):
            self.add_error("end_ms", "The end is before the start.")
        return cleaned

    @property
    def label(self) -> StoredLabel:
        values = dict(self.cleaned_data)
        data, label_type = _lines(values.pop("label_data")), values.pop("label_type") or "user"
        return StoredLabel(**values, label_type=label_type, data=data)


class LabelKeyForm(forms.Form):
    id = forms.CharField(max_length=36, strip=False)


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n")
