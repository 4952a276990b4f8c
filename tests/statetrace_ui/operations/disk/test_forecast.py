"""When something is full, by its trend."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from statetrace_ui.operations.disk.forecast import Point, forecast

START = datetime(2026, 11, 1, tzinfo=UTC)


def points(*used: float, step: timedelta = timedelta(hours=6)) -> list[Point]:
    return [Point(START + number * step, value) for number, value in enumerate(used)]


def test_a_straight_line_leads_to_its_end() -> None:
    found = forecast(points(*range(0, 100, 10)), free=400)
    assert found
    assert (found.per_day, found.days, found.soonest, found.latest) == (40, 10, 10, 10)
    assert found.words == "full in about 10 days (10 days to 10 days)"


def test_noise_is_told_as_a_span() -> None:
    noise = random.Random(7)
    found = forecast(points(*(number * 10 + noise.uniform(-30, 30) for number in range(40))), free=400)
    assert found
    assert found.days
    assert found.soonest
    assert found.latest
    assert found.soonest < 10 < found.latest
    assert 9 < found.days < 11


def test_a_cleaning_does_not_turn_the_trend() -> None:
    """The least squares of these fall."""
    rising = [number * 10.0 for number in range(30)]
    found = forecast(points(*rising, *(value - 250 for value in (300.0, 310.0, 320.0))), free=400)
    assert found
    assert found.per_day == pytest.approx(40)


@pytest.mark.parametrize("used", [[5.0] * 10, [10.0 - number for number in range(10)]])
def test_what_does_not_grow_is_never_full(used: list[float]) -> None:
    found = forecast(points(*used), free=10)
    assert found
    assert found.days is None
    assert found.words == "not full within ten years at this pace"


@pytest.mark.parametrize(
    "few", [[], points(1.0), points(1.0, 2.0, 3.0), points(*range(100), step=timedelta(minutes=1))]
)
def test_too_little_says_nothing(few: list[Point]) -> None:
    assert forecast(few, free=1) is None


def test_what_is_full_already_is_full_now() -> None:
    found = forecast(points(*range(10)), free=-5)
    assert found
    assert found.words == "full in about 1 hour (1 hour to 1 hour)"


def test_without_a_limit_there_is_a_pace_and_no_end() -> None:
    found = forecast(points(*range(10)))
    assert found
    assert (found.per_day, found.days) == (4, None)


def test_a_year_of_measurements_is_quick() -> None:
    assert forecast(points(*(float(number) for number in range(20_000))), free=1e6)
