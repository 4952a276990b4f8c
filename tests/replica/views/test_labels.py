"""Label durations, of one session and of a flow."""

from django.test import Client
from django.urls import reverse

from tests.replica.captured import EXCLUDED, FLOW, FULL, Captured

PAGE = reverse("replica:labels", args=[FULL])


def test_the_chart_has_a_bar_a_label_that_leads_to_its_time(reader_client: Client, captured_replica: Captured) -> None:
    (trace,) = reader_client.get(PAGE).context["bars_chart"]["data"]
    assert trace["customdata"][0] == reverse("replica:session", args=[FULL]) + "?from=125.000&to=2375.000"
    assert len(trace["customdata"]) == 2


def test_moments_are_left_out_and_counted(reader_client: Client, captured_replica: Captured) -> None:
    page = reader_client.get(PAGE)
    assert page.context["instants"] == 1
    assert "Receipt shown" not in page.content.decode()


def test_this_session_stands_among_the_flows(reader_client: Client, captured_replica: Captured) -> None:
    spreads = {spread.name: spread for spread in reader_client.get(PAGE).context["spreads"]}
    assert (spreads["Pay"].summary.least, spreads["Pay"].summary.most) == (3250.5, 4000)
    assert spreads["Pay"].here == [3250.5]
    assert spreads["Pay"].summary.median == 3625.25


def test_an_excluded_session_is_compared_but_not_counted(reader_client: Client, captured_replica: Captured) -> None:
    page = reader_client.get(reverse("replica:labels", args=[EXCLUDED]))
    (spread,) = page.context["spreads"]
    assert (spread.here, spread.summary.n) == ([90_000], 2)
    assert "this session is Excluded and not counted" in page.content.decode()


def test_a_flow_shows_all_its_labels(reader_client: Client, captured_replica: Captured) -> None:
    spreads = reader_client.get(reverse("replica:flow_labels", args=[FLOW])).context["spreads"]
    assert spreads[0].name == "Pay"
    assert len(spreads) == 4


def test_very_many_labels_are_charted_in_part_and_listed_in_full(reader_client: Client, own_replica: Captured) -> None:
    own_replica.execute(
        "INSERT INTO session_labels (session_id, label_id, name, start_time, end_time)"
        " SELECT %s, 'many' || n, 'Many ' || n, n, n + 10 FROM generate_series(1, 300) n",
        FULL,
    )
    page = reader_client.get(PAGE)
    assert len(page.context["bars_chart"]["data"][0]["x"]) == 60
    assert "the 60 longest of 302" in page.content.decode()
    listed = [row.label.name for row in page.context["labels"]]
    while later := page.context["later"]:
        page = reader_client.get(PAGE, {"labels": later}, headers={"HX-Request": "true"})
        assert "<html" not in page.content.decode()
        listed += [row.label.name for row in page.context["labels"]]
    assert len(listed) == len(set(listed)) == 302


def test_the_labels_of_a_flow_are_listed_part_by_part(reader_client: Client, own_replica: Captured) -> None:
    own_replica.execute(
        "INSERT INTO session_labels (session_id, label_id, name, start_time, end_time)"
        " SELECT %s, 'many' || n, 'Many ' || n, n, n + 10 FROM generate_series(1, 150) n",
        FULL,
    )
    address = reverse("replica:flow_labels", args=[FLOW])
    page = reader_client.get(address)
    names = [spread.name for spread in page.context["spreads"]]
    assert f"{address}?spreads=50" in page.content.decode()
    while more := page.context["more_spreads"]:
        page = reader_client.get(f"{address}?spreads={more}", headers={"HX-Request": "true"})
        names += [spread.name for spread in page.context["spreads"]]
    assert len(names) == len(set(names)) == 154
    assert "More labels" not in page.content.decode()


def test_the_labels_of_a_flow_are_those_of_the_filtered_sessions(
    reader_client: Client, captured_replica: Captured
) -> None:
    address = reverse("replica:flow_labels", args=[FLOW])
    spreads = reader_client.get(f"{address}?tag=variant%3Dfast").context["spreads"]
    assert [(one.summary.n, one.summary.median) for one in spreads if one.name == "Pay"] == [(1, 3250.5)]
    assert "that matches these filters has a label" in reader_client.get(f"{address}?tag=no=no").content.decode()


def test_a_dot_names_its_session(reader_client: Client, captured_replica: Captured) -> None:
    figure = reader_client.get(PAGE).context["spread_chart"]
    assert "Run 1" in figure["data"][1]["text"]


def test_a_flow_of_very_many_durations_draws_some_and_says_so(reader_client: Client, own_replica: Captured) -> None:
    own_replica.execute(
        "INSERT INTO session_labels (session_id, label_id, name, start_time, end_time)"
        " SELECT %s, 'many' || n, 'Again', n, 2 * n + 1 FROM generate_series(1, 2000) n",
        FULL,
    )
    page = reader_client.get(reverse("replica:flow_labels", args=[FLOW]))
    [again] = [spread for spread in page.context["spreads"] if spread.name == "Again"]
    assert (again.summary.n, again.summary.least, again.summary.most) == (2000, 2, 2001)
    dots = page.context["spread_chart"]["data"][1]["x"]
    assert len(dots) < 300
    assert {0.002, 2.001} <= {round(x, 3) for x in dots}
    assert "evenly chosen from the shortest to the longest" in page.content.decode()


def test_a_name_that_ends_in_a_blank_meets_its_durations(reader_client: Client, own_replica: Captured) -> None:
    own_replica.execute("UPDATE session_labels SET name = 'Pay ' WHERE name = 'Pay'")
    spreads = {spread.name: spread for spread in reader_client.get(PAGE).context["spreads"]}
    assert (spreads["Pay "].summary.least, spreads["Pay "].summary.most) == (3250.5, 4000)
