"""The change of a flow against its baseline, in words."""

import pytest

from replica.compare.subjects import Certainty
from replica.flow_trends.change import Change


@pytest.mark.parametrize(
    ("change", "label", "tone"),
    [
        (Change(Certainty.CLEAR, 1200, 10_900), "+1.2 s, 11 % slower", "bad"),
        (Change(Certainty.CLEAR, -300, 1000), "−300 ms, 30 % faster", "good"),
        (Change(Certainty.LIKELY, 1200, 10_900), "likely +1.2 s, 11 % slower", "warn"),
        (Change(Certainty.CLEAR, 2, 1000), "+2 ms, under 1 % slower", "bad"),
        (Change(Certainty.CLEAR, 90_000, 10), "+1 min 30 s, 900,000 % slower", "bad"),
        (Change(Certainty.CLEAR, 0.0, 1000), "no clear change", ""),
        (Change(Certainty.CANNOT_TELL, 900, 1000), "no clear change", ""),
        (Change(Certainty.TOO_FEW, 900, 1000), "too few sessions to tell", ""),
        (Change(Certainty.TOO_FEW, None, None), "too few sessions to tell", ""),
    ],
)
def test_a_change_is_said_with_how_sure_it_is(change: Change, label: str, tone: str) -> None:
    assert (change.label, change.tone) == (label, tone)
