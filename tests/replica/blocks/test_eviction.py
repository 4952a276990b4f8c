import os
from pathlib import Path

import pytest

from replica.blocks.eviction import evict, forget_old_addresses, forget_session
from replica.profiles.blocks import open_blocks
from tests.replica.profiles.test_blocks import profile

HOUR = 3600


@pytest.fixture
def sessions(tmp_path: Path) -> list[Path]:
    """The blocks of three sessions, the first opened most recently."""
    folders = [tmp_path / "replica" / name / "version" for name in ("new", "older", "oldest")]
    for age, folder in enumerate(folders):
        open_blocks(folder, profile)
        moment = (folder / "index.json").stat().st_mtime - age * HOUR
        os.utime(folder / "index.json", (moment, moment))
    return folders


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def test_the_least_recently_opened_blocks_are_removed_first(tmp_path: Path, sessions: list[Path]) -> None:
    evict(tmp_path, 2 * size(sessions[0]), keep=sessions[0])
    assert [folder.exists() for folder in sessions] == [True, True, False]


def test_opening_blocks_makes_them_stay(tmp_path: Path, sessions: list[Path]) -> None:
    open_blocks(sessions[2], profile)
    evict(tmp_path, 2 * size(sessions[0]), keep=sessions[0])
    assert [folder.exists() for folder in sessions] == [True, False, True]


def test_new_blocks_stay_whatever_their_size(tmp_path: Path, sessions: list[Path]) -> None:
    evict(tmp_path, 0, keep=sessions[2])
    assert [folder.exists() for folder in sessions] == [False, False, True]


def test_enough_room_evicts_nothing(tmp_path: Path, sessions: list[Path]) -> None:
    evict(tmp_path, 3 * size(sessions[0]), keep=sessions[0])
    assert all(folder.exists() for folder in sessions)


def test_evicted_blocks_stay_readable_where_they_are_mapped_and_are_built_again(
    tmp_path: Path, sessions: list[Path]
) -> None:
    blocks = open_blocks(sessions[1], profile)
    durations = blocks.column("duration")
    evict(tmp_path, 0, keep=sessions[0])
    assert durations.tolist() == [9, 3, 9, 9, 3, 3]
    assert open_blocks(sessions[1], profile).column("duration").tolist() == durations.tolist()
    assert sessions[1].exists()


def test_an_erased_session_leaves_no_blocks_at_any_address(tmp_path: Path) -> None:
    folders = [tmp_path / alias / name / "1" for alias in ("replica_7_a", "replica_7_b") for name in ("gone", "[x]")]
    other = tmp_path / "replica_77_a" / "gone" / "1"
    for folder in (*folders, other):
        open_blocks(folder, profile)
    forget_session(tmp_path, "replica_7_*", "gone")
    assert [folder.exists() for folder in folders] == [False, True, False, True]
    forget_session(tmp_path, "replica_7_*", "[x]")
    assert not any(folder.exists() for folder in folders)
    assert other.exists()


def test_blocks_of_a_replaced_address_go_and_those_of_other_replicas_stay(tmp_path: Path) -> None:
    old, new, other = (tmp_path / alias / "one" / "1" for alias in ("replica_7_old", "replica_7_new", "replica_77_old"))
    for folder in (old, new, other):
        open_blocks(folder, profile)
    forget_old_addresses(tmp_path, "replica_7_new")
    assert [folder.exists() for folder in (old, new, other)] == [False, True, True]
