"""Forgets which rows differed once records of their source are erased: a key may name a person."""

from typing import Any

from statetrace_ui.capture.verification.models import RowDifference
from statetrace_ui.history.models import Erasure


def forget_rows(erasure: Erasure, **_: Any) -> None:
    """The counts of differences stay."""
    RowDifference.objects.filter(table__verification__source=erasure.source_id).delete()
