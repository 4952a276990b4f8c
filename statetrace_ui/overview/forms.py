"""The first page's time, the order of its cards, and the organisation's note."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from statetrace_ui.overview.cards import CARDS
from statetrace_ui.overview.moves import Move
from statetrace_ui.web.forms import PeriodForm

RANGES = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
USUAL = "24h"
LONGEST_NOTE = 500


class RangeForm(PeriodForm):
    """A time of one's own stands above the range. Without a beginning, the range ends with it."""

    range = forms.ChoiceField(required=False, choices=[(name, name) for name in RANGES], widget=forms.HiddenInput)

    def period(self, now: datetime) -> tuple[datetime, datetime]:
        data = self.cleaned_data
        start, end = data["start"], data["end"] or now
        if start is None or start >= end:
            start = end - RANGES[data["range"] or USUAL]
        return start, end

    @property
    def is_own(self) -> bool:
        return bool(self.errors or self.cleaned_data["start"] or self.cleaned_data["end"])

    @property
    def chosen(self) -> str:
        """The range as tabs call it; '' of a time of one's own."""
        return "" if self.is_own else self.cleaned_data["range"] or USUAL


class MoveForm(forms.Form):
    card = forms.ChoiceField(choices=[(card.name, card.title) for card in CARDS])
    move = forms.ChoiceField(choices=Move.choices)


class NoteForm(forms.Form):
    """An empty text takes the note away."""

    text = forms.CharField(
        required=False,
        max_length=LONGEST_NOTE,
        label="Note",
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "Freeze until Friday: please run no migrations."}),
    )
    until = forms.DateTimeField(
        required=False,
        label="Show until (optional)",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("text") and (until := data.get("until")) and until <= timezone.now():
            self.add_error("until", "This moment is over: nobody would see the note.")
        return data
