"""Every enumeration of statuses names the tone of each of its values."""

from itertools import chain

import pytest
from django.db.models import TextChoices

from replica.exports.models import UserFlowExport
from replica.exports.outcomes import RunOutcome
from replica.schema.statuses import SessionStatus
from statetrace_ui.capture.verification.models import Verification
from statetrace_ui.history.models import Change, Erasure, Source
from statetrace_ui.web.outcomes import Outcome
from statetrace_ui.web.tones import Tone, known

ENUMERATIONS: list[type[TextChoices]] = [
    SessionStatus,
    UserFlowExport.Status,
    Outcome,
    RunOutcome,
    Source.Status,
    Verification.Outcome,
    Erasure.State,
    Change.Kind,
]


@pytest.mark.parametrize("value", [*chain.from_iterable(ENUMERATIONS)], ids=repr)
def test_every_value_has_a_tone(value: TextChoices) -> None:
    assert isinstance(value.tone, Tone)  # type: ignore[attr-defined]


@pytest.mark.parametrize("enumeration", ENUMERATIONS)
def test_good_and_bad_are_told_apart(enumeration: type[TextChoices]) -> None:
    assert {Tone.GOOD, Tone.BAD} <= {value.tone for value in enumeration}  # type: ignore[attr-defined]


def test_text_that_nobody_foresaw_stays_text() -> None:
    assert known(SessionStatus, "Passed") is SessionStatus.PASSED
    assert known(SessionStatus, "Flaky") == "Flaky"
