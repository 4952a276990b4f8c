"""Which actions a request caused."""

from replica.explain.actions import SLACK_MS, Committed, caused_by

ACTIONS = [
    Committed("before", "/pay/", 100),
    Committed("paid", "/pay/", 1400),
    Committed("again", "/pay/", 1490),
    Committed("other", "/list/", 1400),
    Committed("slash", "/a b/", 1400),
]


def test_actions_of_the_path_that_committed_meanwhile_are_its_own_the_nearest_to_its_end_first() -> None:
    assert caused_by("/pay/?token=1", 1000, 1500, ACTIONS) == ["again", "paid"]


def test_paths_are_compared_decoded() -> None:
    assert caused_by("/a%20b/", 1000, 1500, ACTIONS) == ["slash"]


def test_clocks_may_differ_a_little() -> None:
    assert caused_by("/pay/", 100 + SLACK_MS, 900, ACTIONS) == ["before"]
    assert caused_by("/pay/", 101 + SLACK_MS, 900, ACTIONS) == []
