import datetime as dt

import pytest
from django.template import Context
from django.test import RequestFactory
from django.utils import timezone

from replica.exports.models import SyncRun
from replica.templatetags.replica import range_shown, run_status, significant
from statetrace_ui.web.outcomes import Outcome
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


@pytest.mark.parametrize(
    ("address", "query"),
    [
        ("/", ""),
        ("/?from=1000&to=2000.5", "?from=1000.000&to=2000.500"),
        ("/?from=-3.123456&to=1e4&series=x", "?from=-3.12346&to=10000.000"),
        ("/?from=5", ""),
        ("/?from=5&to=5", ""),
        ("/?from=nan&to=inf", ""),
        ("/?from=<b>&to=2", ""),
    ],
)
def test_a_range_is_carried_to_other_tabs_if_it_is_one(address: str, query: str) -> None:
    request = RequestFactory().get(address)
    assert range_shown(Context({"request": request})) == query


def test_a_run_that_waits_for_its_next_attempt_says_so() -> None:
    run = SyncRun(outcome=Outcome.RUNNING)
    assert run_status(run) == Status("Running", Tone.INFO)
    run.retry_at = timezone.now() + dt.timedelta(seconds=1)
    assert run_status(run) == Status("Retrying in 1 s", Tone.INFO)
