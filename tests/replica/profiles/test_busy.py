from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from replica.profiles.blocks import Method, Profile, Thread, open_blocks
from replica.profiles.busy import Ran, what_ran
from replica.profiles.calls import arrange
from tests.replica.profiles.forest import row, sites, walk
from tests.replica.profiles.stacked import blocks_of, read_slowly
from tests.replica.profiles.test_sums import BY_NAME, some_threads

METHODS = [
    Method(7, 1, "(program)", ""),
    Method(7, 2, "(anonymous)", "https://shop.test/app.js"),
    Method(7, 3, "sortCards", "https://shop.test/app.js"),
    Method(7, 4, "querySelector", ""),
]
PROGRAM, ANONYMOUS, SORT, QUERY = range(4)


def ran(rows: list[dict[str, int]], folder: Path, resolution: int = 1) -> list[Ran]:
    profile = Profile(arrange(sites(rows)), [Thread(7, 1, "app", "main")], METHODS, False)
    blocks = open_blocks(folder / "version", lambda: profile)
    return list(what_ran(blocks, blocks.threads[0], resolution))


def test_the_topmost_call_that_says_something_is_shown(tmp_path: Path) -> None:
    outer = row(100, 50, method=ANONYMOUS)
    brief = row(105, 5, id=1, parent=100, depth=1, method=QUERY)
    long = row(110, 30, id=2, parent=100, depth=1, method=ANONYMOUS)
    inner = row(112, 20, id=3, parent=2, depth=2, method=SORT)
    assert ran([outer, brief, long, inner], tmp_path) == [Ran(100, 150, 1, SORT, 2, 12)]


def test_a_stretch_without_such_a_call_shows_its_longest_root(tmp_path: Path) -> None:
    rows = [row(100, 5, method=PROGRAM), row(107, 20, method=QUERY), row(400, 9, method=PROGRAM)]
    assert ran(rows, tmp_path, 100) == [Ran(100, 127, 2, QUERY, 0, 7), Ran(400, 409, 1, PROGRAM, 0, 300)]


def test_a_thread_that_ran_nothing_has_no_stretches(tmp_path: Path) -> None:
    blocks = blocks_of(walk([(True, 0, 5), (False, 0, 5)]), tmp_path)
    idle = replace(blocks.threads[0], lanes=(1, 1))
    assert list(what_ran(blocks, idle, 10)) == []


@settings(max_examples=30)
@given(some_threads, st.integers(1, 5_000))
def test_stretches_hold_every_root_call(rows: list[dict[str, int]], resolution: int) -> None:
    with TemporaryDirectory() as folder:
        blocks = blocks_of(rows, Path(folder))
        for number, thread in enumerate(blocks.threads):
            stretches = list(what_ran(blocks, thread, resolution))
            roots = [call for call in read_slowly(rows, BY_NAME) if call.thread == number and not call.parent]
            assert sum(one.calls for one in stretches) == len(roots)
            buckets = [one.start // resolution for one in stretches]
            assert buckets == sorted(set(buckets))
