"""Time series: what is chosen, which range, and how honestly it is thinned."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.replica.captured import BARE, FULL, Captured

PAGE = reverse("replica:series", args=[FULL])
DATA = reverse("replica:series_data", args=[FULL])


def test_the_first_series_are_shown_when_none_is_chosen(reader_client: Client, captured_replica: Captured) -> None:
    assert len(reader_client.get(PAGE).context["readings"]) == 3


def test_chosen_series_are_shown_with_their_statistics(reader_client: Client, captured_replica: Captured) -> None:
    memory, cpu = reader_client.get(f"{PAGE}?series=net_cpu&series=memory_used").context["readings"]
    assert (memory.series.timeseries_name, cpu.series.timeseries_name) == ("Memory used", "CPU")
    assert (memory.summary.most, memory.total) == (900, 10_000)
    assert (cpu.summary.n, cpu.summary.least) == (90, 0)


def test_a_thinned_series_says_so(reader_client: Client, captured_replica: Captured) -> None:
    page = reader_client.get(f"{PAGE}?series=memory_used")
    (reading,) = page.context["readings"]
    assert reading.shown <= 4000 < reading.total
    assert "of 10,000 drawn" in page.content.decode()


def test_a_range_is_read_in_full_detail(reader_client: Client, captured_replica: Captured) -> None:
    answer = reader_client.get(f"{DATA}?series=memory_used&from=4000&to=5000").json()
    assert answer["figure"]["layout"]["xaxis"]["range"] == [4, 5]
    assert ">1,001<" in answer["readout"]
    assert "≈" not in answer["readout"]


def test_a_range_is_understood_in_the_series_own_unit(reader_client: Client, captured_replica: Captured) -> None:
    (cpu,) = reader_client.get(f"{PAGE}?series=net_cpu&from=1000&to=2000").context["readings"]
    assert cpu.total == 11
    assert cpu.curve.x[:2].tolist() == [900, 1000]


def test_a_range_without_values_says_so(reader_client: Client, captured_replica: Captured) -> None:
    for address in (f"{PAGE}?series=empty&series=heap&from=1000&to=2000", f"{DATA}?series=empty"):
        assert "no value in this range" in reader_client.get(address).content.decode()


@pytest.mark.parametrize("query", ["?series=unknown", "?from=2&to=1", "?from=soon", "?from=nan"])
def test_a_query_that_is_not_understood_is_400(reader_client: Client, captured_replica: Captured, query: str) -> None:
    assert reader_client.get(PAGE + query).status_code == 400


def test_at_most_twenty_series_are_drawn(reader_client: Client, own_replica: Captured) -> None:
    own_replica.execute(
        "INSERT INTO session_timeseries SELECT %s, 'k' || n, 'Key ' || n, 'ms', '' FROM generate_series(1, 21) n", FULL
    )
    chosen = "&".join(f"series=k{n}" for n in range(1, 22))
    answer = reader_client.get(f"{PAGE}?{chosen}")
    assert answer.status_code == 400
    assert "at most 20" in answer.content.decode()


def test_a_session_without_series_says_how_to_get_some(reader_client: Client, captured_replica: Captured) -> None:
    page = reader_client.get(reverse("replica:series", args=[BARE]))
    assert "This session has no time series" in page.content.decode()
