import datetime as dt

import pytest
from django.utils import timezone

from replica.exports.models import SyncRun
from replica.templatetags.replica import run_status, significant
from statetrace_ui.web.tones import Status, Tone


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.5, "0.5"),
        (119.34812, "119.348"),
        (900.0, "900"),
        (1234567.8, "1,234,568"),
        (-30.7, "-30.7"),
        (3.2e-9, "3.2e-09"),
        (1e20, "1e+20"),
        (None, "–"),
    ],
)
def test_numbers_have_six_significant_digits(value: float | None, text: str) -> None:
    assert significant(value) == text


def test_a_run_that_waits_for_its_next_attempt_says_so() -> None:
    run = SyncRun(outcome=SyncRun.Outcome.RUNNING)
    assert run_status(run) == Status("Running", Tone.INFO)
    run.retry_at = timezone.now() + dt.timedelta(seconds=1)
    assert run_status(run) == Status("Retrying in 1 s", Tone.INFO)
