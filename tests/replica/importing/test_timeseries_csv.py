import pytest

from replica.importing.bundle import ImportFailed, Series
from replica.importing.formats.timeseries_csv import read_timeseries_csv
from replica.importing.validate import validate
from tests.replica.importing.samples import timeseries_csv


def read(content: bytes) -> tuple[Series, ...]:
    (bundle,) = read_timeseries_csv(content)
    return validate(bundle).series


def test_every_column_after_the_first_is_a_series_and_an_empty_cell_is_not_a_point() -> None:
    heap, fps = read(timeseries_csv())
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
    ],
)
def test_says_what_is_wrong(content: bytes, problem: str) -> None:
    with pytest.raises(ImportFailed, match=problem):
        read(content)
