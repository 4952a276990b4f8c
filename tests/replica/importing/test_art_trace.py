import gzip
import struct
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from replica.importing.art_names import java_method
from replica.importing.bundle import Calls, ImportFailed, Profile
from replica.importing.formats import art_trace as art_trace_format
from replica.importing.formats.art_trace import read_art_trace
from replica.importing.validate import validate
from tests.replica.importing.samples import (
    ENTER,
    EXIT,
    RECORDS,
    art_header,
    art_record,
    art_streamed,
    art_text,
    art_trace,
)

SAMPLE = Path(__file__).parents[4] / "shared/samples/art-trace-regular.trace.gz"


def profile(content: bytes) -> Profile:
    (bundle,) = read_art_trace(content)
    found = validate(bundle).profile
    assert found
    return found


@pytest.mark.parametrize("content", [art_trace(), art_streamed()], ids=["whole", "streamed"])
def test_reads_calls_with_their_cpu_time(content: bytes) -> None:
    found = profile(content)
    calls = found.calls
    assert (found.platform, found.has_cpu_time, found.start_us, found.end_us) == ("Android", True, 0, 500)
    assert [process.id for process in found.processes] == [4711]
    assert calls.process_id.tolist() == [4711] * 3
    assert calls.thread_id.tolist() == [7, 7, 8]
    assert calls.method_id.tolist() == [0x10, 0x14, 0x98]
    assert calls.id.tolist() == [1, 2, 1]
    assert calls.start_us.tolist() == [100, 110, 115]
    assert calls.end_us.tolist() == [200, 130, 115]  # the last is still open when its thread's last event is written
    assert calls.cpu_us.tolist() == [40, 10, 0]
    assert calls.parent_id.tolist() == [-1, 1, -1]
    assert calls.depth.tolist() == [0, 1, 0]


@pytest.mark.parametrize("content", [art_trace(), art_streamed()], ids=["whole", "streamed"])
def test_names_methods_and_threads_and_keeps_the_number_of_an_unknown_method(content: bytes) -> None:
    found = profile(content)
    names = {method.id: method.name for method in found.methods}
    assert names == {0x10: "Main.run", 0x14: "Shop$Cart.add", 0x98: "0x98"}
    assert [(thread.id, thread.name, thread.start_us, thread.end_us) for thread in found.threads] == [
        (7, "main", 100, 200),
        (8, "worker", 115, 115),
    ]


@pytest.mark.parametrize("content", [art_trace(version=1), art_trace(version=2), art_streamed(version=2)])
def test_a_file_with_a_single_clock_has_no_cpu_time(content: bytes) -> None:
    found = profile(content)
    assert not found.has_cpu_time
    assert found.calls.cpu_us.tolist() == [-1, -1, -1]
    assert found.calls.end_us.tolist() == [200, 130, 115]


def test_a_streamed_file_is_read_like_a_whole_one_whatever_its_length() -> None:
    records = [(7 + n % 2, 0x10, n // 2 % 2, n, n) for n in range(10_000)]
    whole, streamed = profile(art_trace(records)), profile(art_streamed(records))
    assert len(whole.calls) == 5_000
    for column in fields(Calls):
        assert np.array_equal(getattr(whole.calls, column.name), getattr(streamed.calls, column.name))


def test_a_clock_that_wraps_around_keeps_counting() -> None:
    almost = 2**32 - 10
    found = profile(art_trace([(7, 0x10, ENTER, almost, almost), (7, 0x10, EXIT, 5, 20)]))
    assert found.calls.start_us.tolist() == [almost]
    assert found.calls.end_us.tolist() == [2**32 + 20]
    assert found.calls.cpu_us.tolist() == [15]


def test_a_clock_that_is_set_back_a_little_does_not_turn_calls_around() -> None:
    found = profile(art_trace([(7, 0x10, ENTER, 0, 50), (7, 0x10, EXIT, 0, 40)]))
    assert found.calls.end_us.tolist() == [50]


def test_reads_a_method_as_a_person_would() -> None:
    method = java_method(1, 4, "com.example.Shop$Cart", "add", "(I[[JLjava/lang/String;[Z)Ljava/util/List;")
    assert method.raw_name == "com.example.Shop$Cart.add (I[[JLjava/lang/String;[Z)Ljava/util/List;"
    assert method.name == "Shop$Cart.add"
    assert method.args == "int, long[][], java.lang.String, boolean[]"
    assert method.returns == "java.util.List"
    assert method.package_name == "com.example"
    assert method.signature == f"java.util.List com.example.Shop$Cart.add({method.args})"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (art_trace()[:-3], "ends too early"),
        (art_trace()[:-14], "should have 5 records, but has 4"),
        (art_text(), "ends too early"),
        (art_text()[:-6], "no end"),
        (art_text(0) + b"FAST" + art_header(3, 14)[4:], "do not begin with “SLOW”"),
        (art_text(0) + art_header(5, 14), "version 5"),
        (art_text(0) + art_header(3, 13), "records of 13 bytes"),
        (art_text(0) + art_header(0xF3, 14), "header of a streamed one"),
        (art_header(3, 14), "text is missing"),
        (art_streamed()[:-10], "ends too early"),
        (art_header(0xF3, 14) + art_record(RECORDS[0], 14), "ends too early"),
        (art_header(0xF3, 14) + struct.pack("<HB", 0, 9), "9 is no kind of packet"),
        (art_text(pid=-4) + art_header(3, 14), "“-4” is not a number"),
    ],
)
def test_says_what_is_wrong(content: bytes, problem: str) -> None:
    with pytest.raises(ImportFailed, match=problem):
        read_art_trace(content)


@pytest.mark.skipif(not SAMPLE.exists(), reason="the sample files are not here")
def test_reads_a_real_trace() -> None:
    found = profile(gzip.decompress(SAMPLE.read_bytes()))
    records = 13_295
    still_open = 259
    assert len(found.calls) == (records + still_open) // 2
    assert found.calls.depth.max() == 82  # 83 calls deep
    assert len(found.threads) == 66
    assert sum(method.raw_name == method.name == f"0x{method.id:x}" for method in found.methods) == 18
    assert len(found.methods) == 2067 + 18
    assert max(len(method.args or "") for method in found.methods) == 256
    assert max(len(method.signature or "") for method in found.methods) > 512
    assert np.all(found.calls.cpu_us >= 0)


def test_more_records_than_are_imported_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(art_trace_format, "MOST_RECORDS", 4)
    for content in (art_trace(), art_streamed()):
        with pytest.raises(ImportFailed, match="the trace has 5 records; at most 4 are imported"):
            read_art_trace(content)
