import numpy as np
import pytest

from replica.series.statistics import summarise
from replica.series.units import ms_per_unit


def test_a_summary_is_made_of_quantiles() -> None:
    summary = summarise(list(range(101)))
    assert summary is not None
    assert (summary.n, summary.least, summary.q1, summary.median, summary.q3, summary.p90, summary.most) == (
        101,
        0,
        25,
        50,
        75,
        90,
        100,
    )
    assert summary.iqr == 50


def test_missing_values_do_not_count() -> None:
    summary = summarise(np.array([np.nan, 3, np.inf, 5]))
    assert summary is not None
    assert (summary.n, summary.most) == (2, 5)


@pytest.mark.parametrize("values", [[], [float("nan")]])
def test_values_of_which_none_is_finite_have_no_summary(values: list[float]) -> None:
    assert summarise(values) is None


@pytest.mark.parametrize(
    ("unit", "ms"), [("ms", 1), ("s", 1000), (" Seconds ", 1000), ("us", 0.001), (None, 1), ("bananas", 1)]
)
def test_x_units_become_milliseconds(unit: str | None, ms: float) -> None:
    assert ms_per_unit(unit) == ms
