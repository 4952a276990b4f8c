import contextlib
import csv
import io
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replica.importing.bundle import ImportFailed, Series
from replica.importing.formats import timeseries_csv
from replica.importing.formats.timeseries_csv import read_timeseries_csv
from replica.importing.validate import validate
from tests.replica.importing import samples


def read(content: bytes) -> tuple[Series, ...]:
    (bundle,) = read_timeseries_csv(content)
    return validate(bundle).series


def test_every_column_after_the_first_is_a_series_and_an_empty_cell_is_not_a_point() -> None:
    heap, fps = read(samples.timeseries_csv())
    assert (heap.x.tolist(), heap.y.tolist()) == ([0, 200], [10.5, 12])
    assert (fps.x.tolist(), fps.y.tolist()) == ([0, 100], [60, 30])


@pytest.mark.parametrize(
    ("header", "key", "name", "unit"),
    [
        ("JS heap [MiB]", "js_heap", "JS heap", "MiB"),
        ("js_heap (MiB)", "js_heap", "js_heap", "MiB"),
        ("net_cpu", "net_cpu", "net_cpu", None),
        ("Rate (p90) [1/s]", "rate_p90", "Rate (p90)", "1/s"),
        ("Größe []", "größe", "Größe", None),
    ],
)
def test_the_header_names_the_series_and_its_unit(header: str, key: str, name: str, unit: str | None) -> None:
    (series,) = read(f"t,{header}\n0,1\n".encode())
    assert (series.key, series.name, series.y_units) == (key, name, unit)


def test_times_are_put_in_order_and_two_points_may_share_one() -> None:
    (series,) = read(b"\xef\xbb\xbft,a\r\n20,1\r\n10,2\r\n\r\n10,3\r\n")
    assert (series.x.tolist(), series.y.tolist()) == ([10, 10, 20], [2, 3, 1])


def test_a_column_without_values_is_not_a_series() -> None:
    assert [series.key for series in read(b"t,a,b\n0,1,\n")] == ["a"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"t,a\n0,1,2\n", "row 2 has 3 values, but there are 2 columns"),
        (b"t,a\n0\n", "row 2 has 1 values"),
        (b"t,a,A\n0,1,2\n", "two columns are named “a”"),
        (b"t,\n0,1\n", "column 2 has no name"),
        (b"t,a\n", "needs a line of names"),
        (b"t,a\n0,high\n", "row 2: “high” in column “a” is not a number"),
        (b"t,a\n0,NaN\n", "row 2: “NaN” in column “a” is not a finite number"),
        (b"t,a\n0,1e999\n", "not a finite number"),
        (b"t,a\n,1\n", "row 2: the time is missing"),
        (b"t,a\n-1,1\n", "times outside of 0"),
        (b"t,a\n1e18,1\n", "times outside of 0"),
        (b"t,\xff\n0,1\n", "not UTF-8"),
        (b't,a\n0,"1\n', "line 2"),
        (b"t,a\n0," + b"1" * 200_000, "field larger than"),
        (b"t,a\n0,1\n0,\xff\n", r"the text is not UTF-8 \(byte 10\)"),
        (b't,a\n0,1\n1,"2\n3,4\n', "unexpected end of data"),
        (b't,a\n0,"1"x\n', "',' expected after '\"'"),
        (b"t,a\n0,1_000\n", "row 2: “1_000” in column “a” is not a number"),
        (b"0,1\n2,3\n", "the first line holds numbers; it should name the columns"),
        (
            b"t," + b",".join(b"c%d" % n for n in range(1024)) + b"\n" + b"0," * 1024 + b"0\n",
            "has 1,025 columns; at most",
        ),
        (b"t," + b"a" * (1 << 20) + b"\n0,1\n", "too long to be a line of names"),
        (b"t,a\n\n \n", "needs a line of names"),
    ],
)
def test_says_what_is_wrong(content: bytes, problem: str) -> None:
    with pytest.raises(ImportFailed, match=problem):
        read(content)


def test_a_thousand_columns_are_a_thousand_series() -> None:
    names = ",".join(f"c{number}" for number in range(1023))
    found = read(f"t,{names}\n{'7,' * 1023}7\n".encode())
    assert [series.key for series in found] == names.split(",")


def test_a_header_full_of_blanks_is_read_like_any_other() -> None:
    (series,) = read(b"t,a" + b" " * 100_000 + b"[ms" + b" " * 30_000 + b"]\n0,1\n")
    assert (series.key, series.y_units) == ("a", "ms")


def test_more_points_than_are_imported_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeseries_csv, "MOST_POINTS", 1_000)
    content = b"t,a,b\n" + b"0,1,\n" * 1_000
    assert len(read(content)[0].x) == 1_000
    with pytest.raises(ImportFailed, match="more than 1,000 points"):
        read(content + b"0,,1\n")


def test_rows_of_several_blocks_are_all_read_and_numbered() -> None:
    rows = 300_000
    content = b"t,a,b\n" + b"".join(b"%d,1.5,\n" % n if n % 2 else b"%d,2.5,7\n" % n for n in range(rows))
    a, b = read(content)
    assert (a.x.tolist(), set(a.y.tolist())) == (list(range(rows)), {1.5, 2.5})
    assert b.x.tolist() == list(range(0, rows, 2))
    with pytest.raises(ImportFailed, match=f"row {rows + 2}: the time is missing"):
        read(content + b",1,1\n")
    with pytest.raises(ImportFailed, match=r"line \d+ or one of the next is not UTF-8"):
        read(content + b"1,1,\xff\n")
    with pytest.raises(ImportFailed, match=f"row {rows + 2}: “x” in column “b” is not a number"):
        read(content + b"1,1,x\n")


def reference(content: bytes) -> list[tuple[str, list[float], list[float]]] | None:
    """What Python's own reader makes of the text; None if a cell is no finite number or a row has another length."""
    header, *rows = [row for row in csv.reader(io.StringIO(content.decode(), newline=""), strict=True) if row]
    if any(len(row) != len(header) or not row[0].strip() for row in rows):
        return None
    try:
        cells = [[float(cell) if cell.strip() else None for cell in row] for row in rows]
    except ValueError:
        return None
    if any(value is not None and not math.isfinite(value) for row in cells for value in row):
        return None
    columns = [
        (name, [row[0] for row in cells if row[n] is not None], [row[n] for row in cells if row[n] is not None])
        for n, name in enumerate(header)
        if n
    ]
    return [column for column in columns if column[1]]  # type: ignore[misc]


NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(repr) | st.integers(-(10**6), 10**6).map(str)
CELLS = NUMBERS | st.sampled_from(
    ["", " ", "\t", "+1.5", "1.", ".5", " 7 ", "1e3", "nan", "inf", "-", "x", "1 2", "0x1"]
)
ROWS = st.lists(st.lists(CELLS, min_size=2, max_size=3), min_size=1, max_size=6)


@given(ROWS, st.sampled_from(["\n", "\r\n", "\n\n"]), st.booleans())
def test_any_table_means_what_pythons_own_reader_says(rows: list[list[str]], end: str, quoted: bool) -> None:
    lines = [",".join(f'"{cell}"' if quoted else cell for cell in row) for row in [["t", "a"], *rows]]
    content = end.join(lines).encode()
    expected = reference(content)
    if not expected:
        with contextlib.suppress(ImportFailed):
            assert not read_timeseries_csv(content)[0].series
        return
    (bundle,) = read_timeseries_csv(content)
    assert [(series.key, series.x.tolist(), series.y.tolist()) for series in bundle.series] == expected
