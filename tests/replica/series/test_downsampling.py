"""Downsampling hides nothing: extremes and gaps stay, whatever the input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from replica.series.blocks import prepared
from replica.series.downsampling import Curve
from replica.series.points import arranged

ANY_FLOATS = st.floats(allow_nan=True, allow_infinity=True, width=64)
POSITIONS = st.floats(min_value=-1e9, max_value=1e9)


def downsample(x: np.ndarray, y: np.ndarray, limit: int) -> Curve:
    return prepared(x, y).curve(-np.inf, np.inf, limit)


def test_few_points_are_kept_as_they_are() -> None:
    thin = downsample(np.array([0.0, 1.0, 2.0]), np.array([5.0, 6.0, 7.0]), 100)
    assert thin.x.tolist() == [0, 1, 2]
    assert thin.y.tolist() == [5, 6, 7]
    assert thin.shown == thin.total == 3


def test_a_single_outlier_among_a_million_stays() -> None:
    y = np.sin(np.arange(1_000_000) / 1000)
    y[654_321] = 40
    thin = downsample(np.arange(1_000_000.0), y, 4000)
    assert thin.shown <= 4000
    assert thin.total == 1_000_000
    assert thin.x[np.nanargmax(thin.y)] == 654_321


def test_first_and_last_point_stay() -> None:
    thin = downsample(np.arange(10_000.0), np.random.default_rng(1).normal(size=10_000), 100)
    assert (thin.x[0], thin.x[-1]) == (0, 9999)


def test_a_pause_of_a_regular_series_breaks_the_line() -> None:
    x = np.concatenate([np.arange(0.0, 100), np.arange(200.0, 300)])
    thin = downsample(x, np.ones(200), 1000)
    assert thin.regular
    assert np.flatnonzero(np.isnan(thin.y)).tolist() == [100]


def test_a_pause_of_an_irregular_series_is_not_a_gap() -> None:
    thin = downsample(np.array([0.0, 1.0, 50.0, 53.0, 900.0]), np.ones(5), 1000)
    assert not thin.regular
    assert not np.isnan(thin.y).any()


@pytest.mark.parametrize("missing", [np.nan, np.inf, -np.inf])
def test_a_missing_value_breaks_the_line(missing: float) -> None:
    thin = downsample(np.arange(5.0), np.array([1, 2, missing, 4, 5]), 1000)
    assert thin.x[np.isfinite(thin.y)].tolist() == [0, 1, 3, 4]
    assert np.isnan(thin.y).sum() == 1
    assert thin.total == 4


def test_points_out_of_order_are_put_in_order() -> None:
    assert downsample(np.array([3.0, 1.0, 2.0]), np.array([30.0, 10.0, 20.0]), 100).y.tolist() == [10, 20, 30]


def test_the_widest_of_very_many_gaps_stay() -> None:
    x = np.arange(20_000.0)
    x[10_000:] += 5000
    y = np.ones(20_000)
    y[::2] = np.nan
    thin = downsample(x, y, 800)
    gaps = np.flatnonzero(np.isnan(thin.y))
    assert len(gaps) <= 100
    assert 9999 in thin.x[gaps]


@pytest.mark.parametrize("count", [0, 1])
def test_a_series_of_no_or_one_point_is_drawn(count: int) -> None:
    assert downsample(np.zeros(count), np.ones(count), 100).shown == count


def test_points_with_equal_x_are_allowed() -> None:
    thin = downsample(np.zeros(5000), np.arange(5000.0), 100)
    assert (thin.y.min(), thin.y.max()) == (0, 4999)


@given(
    st.integers(0, 600).flatmap(
        lambda n: st.tuples(arrays(float, n, elements=POSITIONS), arrays(float, n, elements=ANY_FLOATS))
    )
)
def test_extremes_and_order_hold_for_any_input(points: tuple[np.ndarray, np.ndarray]) -> None:
    x, y = points
    thin = downsample(x, y, 64)
    finite = y[np.isfinite(y)]
    assert thin.total == len(finite)
    assert np.all(np.diff(thin.x) >= 0)
    if len(finite):
        assert (np.nanmin(thin.y), np.nanmax(thin.y)) == (finite.min(), finite.max())
        assert thin.shown <= max(64, min(len(finite), 8 * 4 + 64))


@pytest.mark.parametrize(
    ("x", "regular"), [([0, 1, 2, 3], True), ([0, 1, 2, 2, 30], False), ([5, 5, 5], False), ([], False)]
)
def test_steps_of_like_length_are_regular(x: list[float], regular: bool) -> None:
    assert arranged(np.array(x, dtype=float), np.zeros(len(x))).regular is regular
