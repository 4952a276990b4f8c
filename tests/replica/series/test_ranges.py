"""What is built ahead of a series answers as all its points would: statistics exactly, curves with every extreme."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replica.series import ranks, summits
from replica.series.blocks import StoredSeries, prepared
from replica.series.points import Floats

SIZES = st.integers(0, 3000)


@pytest.fixture(autouse=True, scope="module")
def small_parts() -> object:
    """Chunks and samples so small that a few thousand points have many of them."""
    patch = pytest.MonkeyPatch()
    for name, value in (("CHUNK", 64), ("SAMPLED", 8), ("FEW", 128)):
        patch.setattr(ranks, name, value)
    patch.setattr(summits, "WORTHWHILE", 2)
    patch.setattr(summits, "BIN", 16)
    yield None
    patch.undo()


def values(kind: str, size: int, seed: int) -> Floats:
    random = np.random.default_rng(seed)
    if kind == "few":
        return random.integers(0, 3, size).astype(np.float64)
    if kind == "constant":
        return np.full(size, 7.5)
    if kind == "wild":
        sizes: Floats = np.exp(random.normal(0, 20, size))
        signed: Floats = sizes * random.choice([-1.0, 1.0], size)
        return signed
    return np.sort(random.normal(size=size))


KINDS = st.sampled_from(["few", "constant", "wild", "sorted"])
RANGES = st.tuples(st.floats(-0.1, 1.1), st.floats(-0.1, 1.1)).map(sorted)


def bounds(of: tuple[float, float], size: int) -> tuple[float, float]:
    return of[0] * size, of[1] * size


def inside(stored: StoredSeries, first: float, last: float) -> Floats:
    x = stored.points.x
    result: Floats = stored.points.y[(x >= first) & (x <= last)]
    return result


@settings(max_examples=150)
@given(KINDS, SIZES, st.integers(0, 9), RANGES)
def test_statistics_of_any_range_are_exact(kind: str, size: int, seed: int, part: tuple[float, float]) -> None:
    stored = prepared(np.arange(float(size)), values(kind, size, seed))
    first, last = bounds(part, size)
    summary, expected = stored.summary(first, last), inside(stored, first, last)
    if not len(expected):
        assert summary is None
        return
    assert summary is not None
    assert summary.n == len(expected)
    told = [summary.least, summary.q1, summary.median, summary.q3, summary.p90, summary.most]
    assert told == pytest.approx(np.quantile(expected, [0, 0.25, 0.5, 0.75, 0.9, 1]).tolist(), rel=1e-12, abs=1e-300)


@settings(max_examples=150)
@given(KINDS, SIZES, st.integers(0, 9), RANGES)
def test_a_curve_of_any_range_keeps_its_extremes(kind: str, size: int, seed: int, part: tuple[float, float]) -> None:
    stored = prepared(np.arange(float(size)), values(kind, size, seed))
    first, last = bounds(part, size)
    curve, expected = stored.curve(first, last, 40), inside(stored, first, last)
    drawn = curve.y[(curve.x >= first) & (curve.x <= last)]
    assert curve.total == len(expected)
    assert np.all(np.diff(curve.x) >= 0)
    assert curve.shown <= 40
    if len(expected):
        assert (np.nanmin(drawn), np.nanmax(drawn)) == (expected.min(), expected.max())
        assert stored.extremes(first, last) == (expected.min(), expected.max())
    else:
        assert stored.extremes(first, last) is None


def test_a_line_comes_in_from_beyond_the_range_unless_there_is_a_gap() -> None:
    stored = prepared(np.concatenate([np.arange(40.0), np.arange(60.0, 80)]), np.zeros(60))
    assert stored.points.gaps.tolist() == [40]
    assert stored.curve(0.5, 0.6, 100).x.tolist() == [0, 1]
    assert stored.curve(39.5, 50, 100).x.tolist() == []
    assert stored.curve(38.5, 60.5, 100).x[[0, -1]].tolist() == [38, 61]
    assert stored.curve(0.5, 0.6, 100).shown == 0
