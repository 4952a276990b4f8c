from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from replica.importing.bundle import Bundle, Exchange, ImportFailed, Label, Measurement, Metadata, Series, Tag
from replica.importing.formats.art_trace import read_art_trace
from replica.importing.merge import merge_bundles
from tests.replica.importing.samples import art_trace

START = datetime(2026, 3, 1, 10, tzinfo=UTC)


def label(start_ms: float = 0, number: int = 1) -> Label:
    return Label(f"{number:036}", "user", "a", start_ms, start_ms + 10)


def series(key: str, *x: float) -> Series:
    return Series(key, key, None, np.array(x, dtype=np.float64), np.array(x, dtype=np.float64))


def begins(seconds: float, **parts: object) -> Bundle:
    return Bundle(metadata=Metadata(start=START + timedelta(seconds=seconds)), **parts)  # type: ignore[arg-type]


def test_the_session_begins_with_the_earliest_file_that_knows_when() -> None:
    found = merge_bundles([Bundle(), begins(5), begins(2)])
    assert found.metadata.start == START + timedelta(seconds=2)


def test_a_file_that_knows_when_it_began_is_moved_to_its_place_and_others_begin_with_the_session() -> None:
    profile = read_art_trace(art_trace())[0].profile
    found = merge_bundles(
        [
            Bundle(labels=(label(0, 1),)),
            begins(1.5, labels=(label(10, 2),), series=(series("a", 0, 1),), profile=profile),
        ],
        START,
    )
    assert [one.start_ms for one in found.labels] == [0, 1510]
    assert found.series[0].x.tolist() == [1500, 1501]
    assert found.profile
    assert found.profile.calls.start_us.tolist() == [1_500_100, 1_500_110, 1_500_115]
    assert (found.profile.start_us, found.profile.threads[0].start_us) == (1_500_000, 1_500_100)


def test_a_file_that_begins_before_the_session_is_refused() -> None:
    with pytest.raises(ImportFailed, match="give an earlier --start"):
        merge_bundles([begins(-1)], START)


def test_exchanges_of_several_files_are_put_in_order() -> None:
    late, early = (Exchange(START + timedelta(seconds=n), f"https://{n}/", 1) for n in (2, 1))
    found = merge_bundles([begins(0, exchanges=(late,)), begins(0, exchanges=(early,))])
    assert [exchange.url for exchange in found.exchanges] == ["https://1/", "https://2/"]


def test_the_first_of_two_values_for_the_same_thing_is_kept() -> None:
    one = Bundle(
        metadata=Metadata(name="one"),
        measurements=(Measurement("m", "", None, 1.0),),
        tags=(Tag("k", "v"),),
        labels=(label(1),),
        series=(series("s", 1),),
    )
    two = Bundle(
        metadata=Metadata(name="two", hostname="h"),
        measurements=(Measurement("m", "", None, 2.0), Measurement("m", "other", None, 3.0)),
        tags=(Tag("k", "v"), Tag("k", "w")),
        labels=(label(2),),
        series=(series("s", 2),),
    )
    found = merge_bundles([one, two])
    assert (found.metadata.name, found.metadata.hostname) == ("one", "h")
    assert [measurement.value for measurement in found.measurements] == [1.0, 3.0]
    assert [tag.value for tag in found.tags] == ["v", "w"]
    assert [one.start_ms for one in found.labels] == [1]
    assert [one.x.tolist() for one in found.series] == [[1]]


def test_profiles_stand_side_by_side_and_a_process_id_that_is_taken_becomes_a_free_one() -> None:
    profile = read_art_trace(art_trace())[0].profile
    found = merge_bundles([Bundle(profile=profile), Bundle(profile=profile)]).profile
    assert found
    assert [process.id for process in found.processes] == [4711, 4712]
    assert found.calls.process_id.tolist() == [4711] * 3 + [4712] * 3
    assert (
        {thread.process_id for thread in found.threads}
        == {method.process_id for method in found.methods}
        == {4711, 4712}
    )
