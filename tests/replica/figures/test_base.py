"""What all charts share."""

import pytest

from replica.figures.base import plain_text, readable_scale


def test_foreign_text_is_shown_letter_by_letter() -> None:
    assert plain_text("<b>&\n") == "&lt;b&gt;&amp; "
    assert plain_text("x" * 1000) == "x" * 39 + "…"


@pytest.mark.parametrize(
    ("most", "unit", "expected"), [(1999, "ms", "ms"), (2000, "ms", "s"), (300_000, "ms", "min"), (1e9, "MiB", "MiB")]
)
def test_long_milliseconds_become_seconds_or_minutes(most: float, unit: str, expected: str) -> None:
    assert readable_scale([most], unit)[1] == expected
