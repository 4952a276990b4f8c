import struct
import tempfile
import zlib
from pathlib import Path

import numpy as np
from hypothesis import given

from replica.profiles.blocks import Blocks, Method, Profile, Thread, open_blocks
from replica.profiles.calls import Array, CallSites, arrange
from replica.profiles.tiles import MOST_ITEMS, first_tiles, tile_bytes, tile_exists
from tests.replica.profiles.forest import forests, row, sites

TIMES = ("start", "width", "total", "cpu", "longest")


def blocks_of(forest: CallSites, folder: Path) -> Blocks:
    threads = [Thread(1, number, "process", f"thread {number}") for number in range(3)]
    methods = [Method(1, number, f"method{number}", "") for number in range(6)]
    return open_blocks(folder, lambda: Profile(arrange(forest), threads, methods, True))


def decode(body: bytes) -> dict[str, Array]:
    """What static/js/flame/items.js does."""
    data = zlib.decompress(body)
    version, size, count, _ = struct.unpack_from("<4I", data)
    assert version == 1
    kinds = dict.fromkeys(TIMES, "<f8" if size == 8 else "<i4") | {"calls": "<u4", "method": "<u4", "depth": "<u2"}
    offset, columns = 16, {}
    for name, kind in kinds.items():
        columns[name] = np.frombuffer(data, kind, count, offset)
        offset += columns[name].nbytes
    assert offset == len(data)
    return columns


@given(forests)
def test_the_tiles_of_a_level_hold_every_call_once_besides_those_that_reach_in(forest: CallSites) -> None:
    with tempfile.TemporaryDirectory() as folder:
        blocks = blocks_of(forest, Path(folder) / "version")
        for level in (6, *blocks.levels):
            for thread in blocks.threads:
                assert_level_holds_every_call(blocks, thread, level)


def assert_level_holds_every_call(blocks: Blocks, thread: Thread, level: int) -> None:
    calls = total = 0
    last = blocks.extent >> level >> 10
    for index in range(last + 1) if last < 64 else [0, last]:
        tile = decode(tile_bytes(blocks, thread, level, index))
        low, high = index << level << 10, (index + 1) << level << 10
        own = tile["start"] >= low
        calls, total = calls + int(tile["calls"][own].sum()), total + int(tile["total"][own].sum())
        assert (tile["start"] < high).all()
        assert (tile["start"][~own] + tile["width"][~own] > low).all()
    if last < 64:
        assert calls == thread.calls
        rows = slice(*blocks.column("offsets")[list(thread.lanes)])
        assert total == int(blocks.column("duration")[rows].sum())


def test_times_beyond_32_bits_are_sent_as_floats(tmp_path: Path) -> None:
    long = 1 << 33
    blocks = blocks_of(sites([row(0, long), row(long - 5, 5, depth=1)]), tmp_path / "version")
    top = blocks.levels[-1]
    tile = decode(tile_bytes(blocks, blocks.threads[0], top, 0))
    assert tile["width"].tolist() == [long, 5]
    assert decode(tile_bytes(blocks, blocks.threads[0], 0, (long - 5) >> 10))["start"].tolist() == [0, long - 5]


def test_an_empty_thread_has_empty_tiles(tmp_path: Path) -> None:
    blocks = blocks_of(sites([row(0, 10)]), tmp_path / "version")
    assert len(decode(tile_bytes(blocks, blocks.threads[2], 8, 0))["start"]) == 0


def test_only_tiles_within_the_profile_exist(tmp_path: Path) -> None:
    blocks = blocks_of(sites([row(0, 1024 * 256)]), tmp_path / "version")
    assert tile_exists(blocks, 10, 0)
    assert tile_exists(blocks, 8, 1)
    assert not tile_exists(blocks, 8, 2)
    assert not tile_exists(blocks, 7, 0)
    assert not tile_exists(blocks, 12, 0)


def test_the_first_tiles_are_those_of_half_pixel_bins_and_the_overview(tmp_path: Path) -> None:
    def tiles(length: int) -> list[tuple[int, int]]:
        return first_tiles(blocks_of(sites([row(0, length)]), tmp_path / str(length)))

    assert tiles(0) == [(0, 0), (8, 0)]
    assert tiles(1 << 27) == [(18, 0)]
    assert tiles(130_000_000) == [(16, 0), (16, 1), (18, 0)]


def test_a_crowded_tile_is_bounded_and_still_adds_up(tmp_path: Path) -> None:
    rows = [row(n * 8, 4, depth=depth, id=2000 * depth + n) for depth in range(20) for n in range(2000)]
    blocks = blocks_of(sites(rows), tmp_path / "version")
    tile = decode(tile_bytes(blocks, blocks.threads[0], 4, 0))
    assert 0 < len(tile["start"]) <= MOST_ITEMS
    assert (tile["calls"].sum(), tile["total"].sum()) == (len(rows), 4 * len(rows))
    raw = [decode(tile_bytes(blocks, blocks.threads[0], 2, index)) for index in range(4)]
    assert all(len(part["start"]) <= MOST_ITEMS for part in raw)
    own = [part["calls"][part["start"] >= index << 12].sum() for index, part in enumerate(raw)]
    assert sum(own) == len(rows)
