import numpy as np
from hypothesis import given

from replica.profiles.search import BUCKETS, find, matching_methods
from tests.replica.profiles.forest import METHODS, Event, events
from tests.replica.profiles.stacked import thread_stacks

NAMES = [("onCreate", "app.ui"), ("create", ""), ("ONCE", "lib"), ("straße", "de")]


def test_text_is_found_in_any_case_and_across_the_package() -> None:
    assert matching_methods(NAMES, "ONC").tolist() == [True, False, True, False]
    assert matching_methods(NAMES, "ui.on").tolist() == [True, False, False, False]
    assert matching_methods(NAMES, "STRASSE").tolist() == [False, False, False, True]


def test_a_call_inside_a_matching_call_is_counted_but_not_added() -> None:
    walked = [(True, 0, 0), (True, 1, 10), (True, 0, 10), (False, 0, 10), (False, 0, 10), (False, 0, 10)]
    calls = thread_stacks([*walked, (True, 0, 5), (False, 0, 7)])
    found = find(np.arange(METHODS) == 0, calls, 62)
    assert (found.methods, found.calls, found.total) == ([0], 3, 57)
    assert found.density[0] == 1


@given(events)
def test_every_match_is_in_one_bucket(walked: list[Event]) -> None:
    calls = thread_stacks(walked)
    extent = int((calls.start + calls.weight).max(initial=0))
    found = find(np.arange(METHODS) < 3, calls, extent)
    assert sum(found.density) == found.calls == int((calls.method < 3).sum())
    assert len(found.density) == BUCKETS


@given(events)
def test_when_all_methods_match_the_total_is_the_time_in_roots(walked: list[Event]) -> None:
    calls = thread_stacks(walked)
    assert find(np.ones(METHODS, bool), calls, 1 << 40).total == int(calls.weight[calls.parent < 0].sum())
