"""Any file is read, or refused with one sentence: nothing else ever happens."""

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replica.importing import content, untrusted
from replica.importing.bundle import ImportFailed
from replica.importing.detect import read_bundles, read_file
from replica.importing.validate import validate
from tests.replica.importing.samples import FILES, VARIANTS, art_streamed, art_trace, chrome_trace, har, labels

DEEP = b"[" * 100_000 + b"]" * 100_000


def write(folder: Path, content: bytes, name: str = "some file") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_format_is_recognised_by_its_content_even_through_gzip(name: str, pack: type[bytes], tmp_path: Path) -> None:
    found = read_file(write(tmp_path, pack(FILES[name])))
    assert len(found.bundles) == 1
    assert found.digest == read_file(write(tmp_path, FILES[name])).digest


def test_several_gzip_members_are_one_file(tmp_path: Path) -> None:
    content = FILES["run.har"]
    packed = gzip.compress(content[:100], mtime=0) + gzip.compress(content[100:])
    assert read_file(write(tmp_path, packed)).bundles[0].exchanges


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file is empty"),
        (b" \n", "the file is empty"),
        (b"\x89PNG\r\n\x1a\n", "not a format that can be imported"),
        (b"# A page of text", "not a format that can be imported"),
        (b"{}", "not a format that can be imported"),
        (b'{"any": 1}', "not a format that can be imported"),
        (b"[1, 2]", "not a format that can be imported"),
        (b"[]", "nothing that could be imported"),
        (b'{"labels": []}', "nothing that could be imported"),
        (har([], []), "nothing that could be imported"),
        (DEEP, "depth limit exceeded"),
        (b'{"log": ' + DEEP + b"}", "depth limit exceeded"),
        (b'{"traceEvents": [NaN]}', "not valid JSON"),
        (b'{"traceEvents": [{"ts": Infinity}]}', "not valid JSON"),
        (b'{"traceEvents": [{"ts": 1e999}]}', "not valid JSON"),
        (b'{"log": "\xff"}', "not valid JSON"),
        (gzip.compress(FILES["run.har"], mtime=0)[:-20], "ends too early"),
        (gzip.compress(FILES["run.har"], mtime=0)[:40] + b"\xff" * 60, "gzip data is damaged"),
        (gzip.compress(FILES["run.har"], mtime=0) + b"more", "gzip data is damaged"),
    ],
)
def test_a_refusal_is_one_sentence_that_names_the_file(content: bytes, problem: str, tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match=problem) as failed:
        read_file(write(tmp_path, content))
    assert str(failed.value).startswith("some file: ")
    assert str(failed.value).isprintable()


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="cannot be read: No such file or directory"):
        read_file(tmp_path / "none")
    with pytest.raises(ImportFailed, match="cannot be read: Is a directory"):
        read_file(tmp_path)


def test_a_gzip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    bomb = write(tmp_path, gzip.compress(bytes(8 << 20), mtime=0))
    assert bomb.stat().st_size < 10_000
    with pytest.raises(ImportFailed, match="more than 4 MiB when unpacked, which is the most that is imported"):
        read_file(bomb, largest_mib=4)


def test_a_small_file_that_unpacks_to_implausibly_much_is_refused_before_it_does(tmp_path: Path) -> None:
    largest = b"[" + b"{}," * (6 << 20)
    packed = write(tmp_path, gzip.compress(largest, mtime=0))
    assert packed.stat().st_size < len(largest) // content.LARGEST_RATIO
    with pytest.raises(ImportFailed, match=r"unpacks to more than 50 times its size.*; if it was not, unpack it with"):
        read_file(packed)


def test_a_file_that_shrank_much_is_read_as_long_as_it_is_small(tmp_path: Path) -> None:
    rows = b"t,a\n" + b"1,1\n" * 1_000_000
    packed = write(tmp_path, gzip.compress(rows, mtime=0))
    assert packed.stat().st_size * content.LARGEST_RATIO < len(rows) < content.ALWAYS_UNPACKED
    assert len(read_file(packed).bundles[0].series[0].x) == 1_000_000


@pytest.mark.parametrize("values", [b"{}", b"[]", b'""', b'{"":0}'])
def test_more_values_than_are_imported_are_refused_before_the_first_is_made(
    values: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(untrusted, "MOST_SIGNS", 1000)
    many = b",".join([values] * 1000)
    with pytest.raises(ImportFailed, match="holds more than 1,000 values, which is the most that is imported"):
        read_bundles(b'{"labels": [' + many + b"]}")
    with pytest.raises(ImportFailed, match="more than 1,000 values"):
        read_bundles(b'[{"ph": "X"},' + many)


def test_a_long_read_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "REPORTED", 3 << 20)
    rows = b"t,a\n" + b"1,1\n" * (2 << 20)
    for pack in (bytes, gzip.compress):
        lines: list[str] = []
        read_file(write(tmp_path, pack(rows), "run.csv"), progress=lines.append)
        assert lines == ["Reading run.csv: 3 MiB …", "Reading run.csv: 6 MiB …"]


@pytest.mark.parametrize("end", [b"", b",", b" \n", b",\r\n"])
def test_an_array_of_events_may_lack_its_end(end: bytes) -> None:
    whole = chrome_trace(as_array=True)
    (cut,), (full,) = read_bundles(whole[:-1] + end), read_bundles(whole)
    assert cut.left_out == ("what came after the last event, for the file has no end",)
    assert repr(replace(cut, left_out=())) == repr(full)


@pytest.mark.parametrize("broken", [labels()[:-1], chrome_trace()[:-1], chrome_trace(as_array=True)[:-3], b"[{}", b"["])
def test_nothing_else_may_lack_its_end(broken: bytes) -> None:
    with pytest.raises(ImportFailed, match="not valid JSON"):
        read_bundles(broken)


def test_a_log_with_commas_is_no_csv(tmp_path: Path) -> None:
    log = b"v8-version,6,0,287,53,1\nshared-library,/usr/bin/node,0x100000000,0x100000\nprofiler,begin,1\n"
    with pytest.raises(ImportFailed, match="not a format that can be imported"):
        read_file(write(tmp_path, log))


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="more than 1 MiB, which"):
        read_file(write(tmp_path, b" " * (1 << 20) + b"[]"), largest_mib=1)


def assert_read_or_refused(content: bytes) -> None:
    """Something is read, or ImportFailed says why not: no other exception comes out, whatever the content is."""
    bundles, problem = [], ""
    try:
        bundles = [validate(bundle) for bundle in read_bundles(content)]
    except ImportFailed as failed:
        problem = str(failed)
    assert bundles or problem


@pytest.mark.parametrize("name", FILES)
def test_no_file_that_is_cut_short_is_read_as_a_whole_one(name: str) -> None:
    content = FILES[name].rstrip()
    for end in range(len(content)):
        assert_read_or_refused(content[:end])
    if name != "series.csv":  # a CSV does not say how long it is
        with pytest.raises(ImportFailed):
            read_bundles(content[:-1])


FUZZED = FILES | VARIANTS


@settings(max_examples=100)
@given(st.sampled_from(sorted(FUZZED)), st.data())
def test_a_file_with_any_bytes_changed_is_read_or_refused(name: str, data: st.DataObject) -> None:
    content = bytearray(FUZZED[name])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    assert_read_or_refused(bytes(content))


def nested(deep: int) -> object:
    """Lists in lists."""
    value: object = 0
    for _ in range(deep):
        value = [value]
    return value


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.integers(-(2**70), 2**70).map(str)
    | st.integers(1, 400).map(nested),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def changed(value: object, data: st.DataObject) -> object:
    """The JSON value with one value inside of it, at any depth, put in place of something else."""
    inside = list(value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else [])
    if not inside or data.draw(st.integers(0, 5)) == 0:
        return data.draw(VALUES)
    key, inner = data.draw(st.sampled_from(inside))
    if isinstance(value, dict):
        return value | {key: changed(inner, data)}
    return [changed(inner, data) if place == key else other for place, other in inside]


@settings(max_examples=100)
@given(st.sampled_from([name for name in sorted(FUZZED) if FUZZED[name][:1] in b"{["]), st.data())
def test_a_json_file_with_any_value_changed_is_read_or_refused(name: str, data: st.DataObject) -> None:
    assert_read_or_refused(json.dumps(changed(json.loads(FUZZED[name]), data)).encode())


RECORD = st.tuples(
    st.integers(0, 65535),
    st.integers(0, 2**30 - 1).map(lambda n: n * 4),
    st.integers(0, 3),
    *[st.integers(0, 2**32 - 1)] * 2,
)


@settings(max_examples=60)
@given(st.lists(RECORD, max_size=30))
def test_any_records_of_a_method_trace_are_read_or_refused(records: list[tuple[int, int, int, int, int]]) -> None:
    assert_read_or_refused(art_trace(records))
    assert_read_or_refused(art_streamed(records))
