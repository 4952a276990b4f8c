"""Where time series end."""

from replica.queries.series import series_ends
from tests.replica.captured import FULL, Captured


def test_series_end_on_the_sessions_axis(captured_replica: Captured) -> None:
    assert sorted(series_ends(captured_replica.alias, FULL)) == [9000, 9999, 10_000]  # one has no points
