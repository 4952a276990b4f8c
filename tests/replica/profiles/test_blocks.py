"""Blocks on disk: complete or not there, built once, safe against kills and against builders beside each other."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from replica.profiles.blocks import Method, Profile, Thread, open_blocks
from replica.profiles.calls import arrange
from tests.replica.profiles.forest import sites, walk

WALKED = [(True, 0, 1), (True, 1, 2), (False, 0, 3), (False, 0, 4)]


def profile() -> Profile:
    calls = arrange(sites([*walk(WALKED, 0, 100), *walk(WALKED * 2, 1, 500)]))
    threads = [Thread(7, 70, "app", "main"), Thread(7, 71, "app", "worker")]
    return Profile(calls, threads, [Method(7, 1, "outer", "p"), Method(7, 2, "inner", "p")], True)


def test_blocks_hold_the_profile_that_was_written(tmp_path: Path) -> None:
    blocks = open_blocks(tmp_path / "version", profile)
    assert blocks.calls().duration.tolist() == [9, 3, 9, 9, 3, 3]
    assert [(t.calls, t.busy, t.cpu, t.depth) for t in blocks.threads] == [(2, 9, 4, 2), (4, 18, 8, 2)]
    assert (blocks.origin, blocks.extent, blocks.has_cpu) == (101, 419, True)
    assert blocks.methods[1].name == "inner"
    assert isinstance(blocks.column("start"), np.memmap)


def test_blocks_that_are_there_are_not_built_again(tmp_path: Path) -> None:
    first = open_blocks(tmp_path / "version", profile)
    assert open_blocks(tmp_path / "version", lambda: pytest.fail("built again")) is first


def test_a_new_version_replaces_the_old_one_and_folders_of_killed_builders(tmp_path: Path) -> None:
    old = open_blocks(tmp_path / "old", profile)
    durations = old.column("duration")
    (tmp_path / ".building-left").mkdir()
    open_blocks(tmp_path / "new", profile)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "new"]
    assert durations.tolist() == [9, 3, 9, 9, 3, 3]


def test_only_one_of_many_builders_works(tmp_path: Path) -> None:
    built: list[int] = []

    def build() -> Profile:
        built.append(1)
        return profile()

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: open_blocks(tmp_path / "version", build).extent, range(8)))
    assert results == [419] * 8
    assert len(built) == 1


def test_a_failed_builder_leaves_no_blocks_that_could_be_opened(tmp_path: Path) -> None:
    def build() -> Profile:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        open_blocks(tmp_path / "version", build)
    assert open_blocks(tmp_path / "version", profile).extent == 419


KILLED = """
import sys
from pathlib import Path
from replica.profiles import blocks
from tests.replica.profiles.test_blocks import profile

def stuck(*_):
    print("writing", flush=True)
    sys.stdin.read()

blocks.pyramid = stuck
blocks.open_blocks(Path(sys.argv[1]), profile)
"""


def test_a_killed_builder_is_followed_by_another(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED, str(tmp_path / "version")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"writing\n"
        assert any(path.name.startswith(".building-") for path in tmp_path.iterdir())
        os.kill(process.pid, signal.SIGKILL)
    assert not (tmp_path / "version").exists()
    assert open_blocks(tmp_path / "version", profile).extent == 419
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "version"]
