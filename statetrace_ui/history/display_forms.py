"""The form of how a table's rows are shown."""

from collections.abc import Sequence
from typing import Any

from django import forms

from statetrace_ui.history.diff import is_noise
from statetrace_ui.history.forms import TableForm
from statetrace_ui.history.labels import can_label, label_column
from statetrace_ui.history.models import Relation, TableDisplay

GUESSED, NONE, COLUMN = "guessed", "none", "column "


class DisplayForm(TableForm):
    """label: GUESSED, NONE, or COLUMN and the name of one. noise: names of columns, beside `guessed_noise`."""

    label = forms.ChoiceField(label="Label")
    noise = forms.MultipleChoiceField(required=False, label="Noise", widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, columns: Sequence[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        guess = label_column(columns)
        self.guessed_noise = [column["name"] for column in columns if is_noise(column["name"])]
        others = [column["name"] for column in columns if not column.get("key")]
        self.fields["label"].choices = [  # type: ignore[attr-defined]
            (GUESSED, f"By its name: {guess}" if guess else "By its name: no column fits"),
            (NONE, "None"),
            *((COLUMN + name, name) for name in can_label(columns)),
        ]
        self.fields["noise"].choices = [  # type: ignore[attr-defined]
            (name, name) for name in others if name not in self.guessed_noise
        ]

    @classmethod
    def of(cls, display: TableDisplay | None, shape: Relation | None) -> "DisplayForm":
        """The form that shows what was chosen for a table, whose newest shape is given."""
        chosen = display.label if display else None
        label = GUESSED if chosen is None else COLUMN + chosen if chosen else NONE
        initial = {"label": label, "noise": display.noise if display else []}
        return cls(initial=initial, columns=shape.columns if shape else [])

    @property
    def label_in_words(self) -> str:
        """The choice that is shown; a column that is gone, or that no longer stands in clear, has no words."""
        choices: dict[str, str] = dict(self.fields["label"].choices)  # type: ignore[attr-defined]
        return choices.get(self.initial["label"], "None")

    @property
    def all_noise(self) -> list[str]:
        return [*self.guessed_noise, *self.initial["noise"]]

    @property
    def chosen_label(self) -> str | None:
        """As `TableDisplay.label` keeps it."""
        label: str = self.cleaned_data["label"]
        return None if label == GUESSED else label.removeprefix(COLUMN) if label != NONE else ""
