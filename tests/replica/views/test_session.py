"""A session on one time axis, and what explains the things on it."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from replica.lanes import OPEN_THREADS
from replica.queries import lookup
from statetrace_ui.history.models import Action, Session, Source, Transaction
from statetrace_ui.web.models import Organisation
from tests.replica.captured import BARE, FULL, HOSTILE, HOSTILE_SESSION, Captured
from tests.spans import unpacked

PAGE = reverse("replica:session", args=[FULL])
AT = dt.datetime(2026, 3, 1, 10, 0, 2, tzinfo=dt.UTC)


@pytest.fixture
def audited(organisation: Organisation) -> Session:
    """An audited session that acted 2 s after the captured one had begun."""
    source = Source.objects.create(organisation=organisation, name="shop", url="x", slot_name="s", publication_name="p")
    session = Session.objects.create(source=source, key="abc", started_at=AT, last_at=AT, action_count=1)
    transaction = Transaction.objects.create(source=source, commit_lsn=1, end_lsn=1, committed_at=AT)
    Action.objects.create(
        source=source, session=session, transaction=transaction, key="a", method="POST", url="/pay", at=AT
    )
    return session


def groups(client: Client, address: str = PAGE) -> dict[str, dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(address).context["timeline"]["groups"]
    for lane in (lane for group in found for lane in group["lanes"]):
        lane["spans"] = unpacked(lane["spans"])
    return {group["key"]: group for group in found}


def test_everything_lies_on_one_axis(reader_client: Client, captured_replica: Captured) -> None:
    found = groups(reader_client)
    assert list(found) == ["labels", "issues", "network", "threads", "series"]
    assert [lane["name"] for lane in found["labels"]["lanes"]] == ["step", "No category"]
    assert [lane["name"] for lane in found["network"]["lanes"]] == ["shop.test", "api.shop.test"]
    assert [lane["name"] for lane in found["threads"]["lanes"]] == ["main", "Thread 2"]


def test_exchanges_lie_at_their_time_and_errors_show(reader_client: Client, captured_replica: Captured) -> None:
    answered, failing = groups(reader_client)["network"]["lanes"]
    assert [(span["start"], span["end"], span["tone"]) for span in answered["spans"]] == [(600, 950, "")]
    assert [(span["start"], span["end"], span["tone"]) for span in failing["spans"]] == [
        (5100, 5900, "bad"),
        (5200, 5200, "bad"),
    ]


def test_curves_keep_outliers_and_break_at_gaps(reader_client: Client, captured_replica: Captured) -> None:
    series = groups(reader_client)["series"]
    curves = reader_client.get(series["curves"]).json()
    memory, cpu = curves["series-memory_used"], curves["series-net_cpu"]
    assert max(y for _, y in memory if y is not None) == 900
    assert len(memory) <= 301
    assert [x for x, y in cpu if y is None] == [3900]
    assert cpu[-1][0] == 10_000  # its x is in seconds
    assert curves.keys() == {lane["key"] for lane in series["lanes"]}
    assert curves["series-empty"] == []


def test_busy_threads_are_condensed_and_lead_to_the_flame_graph(
    reader_client: Client, captured_replica: Captured
) -> None:
    main, _ = groups(reader_client)["threads"]["lanes"]
    assert len(main["spans"]) <= 2000
    assert sum(span["count"] for span in main["spans"]) == 6000
    assert main["href"] == reverse("replica:flame", args=[FULL]) + "?process=7&thread=1"


def spans_between(client: Client, kind: str, first: float, last: float) -> dict[str, list[dict[str, Any]]]:
    answer = client.get(reverse("replica:spans", args=[FULL, kind]), {"from": str(first), "to": str(last)}).json()
    return {key: unpacked(spans) for key, spans in answer.items()}


def test_a_range_shows_what_touches_it(reader_client: Client, captured_replica: Captured) -> None:
    whole = groups(reader_client)
    assert whole["network"]["finer"] == ""
    for kind in ("labels", "issues", "network"):
        found = spans_between(reader_client, kind, 550, 700)
        expected = {
            lane["key"]: [span for span in lane["spans"] if span["start"] <= 700 and span["end"] >= 550]
            for lane in whole[kind]["lanes"]
        }
        assert found == {key: spans for key, spans in expected.items() if spans}
    assert spans_between(reader_client, "network", 0, 100) == {}


def test_a_range_of_calls_is_finer_once_the_profile_has_blocks(
    reader_client: Client, captured_replica: Captured
) -> None:
    threads = groups(reader_client)["threads"]
    assert threads["finer"] == reverse("replica:spans", args=[FULL, "threads"])
    reader_client.get(reverse("replica:explained", args=[FULL]))  # builds them
    whole = groups(reader_client)["threads"]["lanes"][0]
    first, last = whole["spans"][10]["start"], whole["spans"][20]["end"]
    finer = spans_between(reader_client, "threads", first, last)[whole["key"]]
    assert len(finer) > 20
    assert sum(span["count"] for span in finer) < sum(span["count"] for span in whole["spans"])
    assert {span["count"] for span in finer} == {1}


def test_a_kind_that_a_time_axis_has_not_is_not_found(reader_client: Client, captured_replica: Captured) -> None:
    assert reader_client.get(reverse("replica:spans", args=[FULL, "dreams"])).status_code == 404


def test_a_session_with_little_shows_that(reader_client: Client, captured_replica: Captured) -> None:
    assert list(groups(reader_client, reverse("replica:session", args=[BARE]))) == ["labels"]


def test_an_empty_session_says_so(reader_client: Client, own_replica: Captured) -> None:
    own_replica.execute(f"DELETE FROM session_labels WHERE session_id = '{BARE}'")
    assert b"This session has no recordings" in reader_client.get(reverse("replica:session", args=[BARE])).content


def test_views_that_have_no_data_are_off_and_say_why(reader_client: Client, captured_replica: Captured) -> None:
    page = reader_client.get(reverse("replica:session", args=[BARE])).content.decode()
    assert 'title="This session has no function-call profile."' in page
    assert reverse("replica:flame", args=[BARE]) not in page


def test_the_audited_session_stands_beside(reader_client: Client, own_replica: Captured, audited: Session) -> None:
    own_replica.execute(f"INSERT INTO session_tags VALUES ('{FULL}', 'statetrace_session_id', 'abc')")
    found = groups(reader_client)
    assert list(found) == ["labels", "issues", "network", "threads", f"audited-{audited.pk}-actions", "series"]
    group = found[f"audited-{audited.pk}-actions"]
    (span,) = group["lanes"][0]["spans"]
    assert (span["name"], span["end"]) == ("POST /pay", 2000)
    assert group["href"] == reverse("history:session", args=[audited.pk])


def test_a_session_of_nothing_but_many_threads_is_no_empty_page(reader_client: Client, own_replica: Captured) -> None:
    for table in ("session_labels", "capture_issues", "capture_sessions", "session_timeseries"):
        own_replica.execute(f"DELETE FROM {table} WHERE session_id = '{FULL}'")
    own_replica.execute(
        "INSERT INTO function_call_site (session_id, process_id, thread_id, method_id, id, start_time_us, end_time_us)"
        f" SELECT '{FULL}', 7, 100 + n, 1, 900000 + n, 0, 1000 FROM generate_series(1, 20) n"
    )
    opened = reader_client.get(f"{PAGE}?from=1.000&to=2.000")
    assert opened.headers["Location"] == f"{reverse('replica:flame', args=[FULL])}?from=1.000&to=2.000"
    [threads] = groups(reader_client, f"{PAGE}?timeline=on").values()
    assert len(threads["lanes"]) > OPEN_THREADS
    assert not threads["folded"]


def test_measurements_stand_by_kind_in_the_unit_that_reads_best(reader_client: Client, own_replica: Captured) -> None:
    own_replica.execute(
        "INSERT INTO performance_measurements VALUES"
        f" ('{FULL}', 'First paint', 'Paint', 'ms', '2380.616', 2380.616),"
        f" ('{FULL}', 'Heap', 'Memory', 'bytes', '1072000', 1072000),"
        f" ('{FULL}', 'Grade', 'Verdict', NULL, 'A+', NULL)"
    )
    page = reader_client.get(PAGE).content.decode().partition('id="measurements"')[2]
    assert '<dd title="2380.616 ms">2.381 s</dd>' in page
    assert '<dd title="1072000 bytes">1.07 MB</dd>' in page
    assert ">A+</dd>" in page
    assert page.index("<h3>Memory</h3>") < page.index("Heap") < page.index("<h3>Paint</h3>") < page.index("First paint")


def test_an_audited_session_of_others_is_not_shown(
    reader_client: Client, own_replica: Captured, audited: Session
) -> None:
    Source.objects.update(organisation=Organisation.objects.create(name="Other", slug="other"))
    own_replica.execute(f"INSERT INTO session_tags VALUES ('{FULL}', 'statetrace_session_id', 'abc')")
    page = reader_client.get(PAGE)
    assert not any(key.startswith("audited") for key in groups(reader_client))
    assert "not in your organisation's history" in page.content.decode()


def test_a_large_session_says_what_its_page_leaves_out(
    reader_client: Client, captured_replica: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "SPAN_LIMIT", 2)
    page = reader_client.get(PAGE).content.decode()
    assert "the first 2 of 3 labels" in page
    assert "the first 2 of 3 network exchanges" in page
    assert "impacts of issues" not in page
    assert "the first 2 of 3 labels" in reader_client.get(reverse("replica:labels", args=[FULL])).content.decode()


def test_tags_that_repeat_the_page_are_folded_away(reader_client: Client, captured_replica: Captured) -> None:
    page = reader_client.get(PAGE)
    assert [tag.tag_key for tag in page.context["distinctive_tags"]] == ["variant"]
    more = page.content.decode().partition("<summary>More</summary>")[2].partition("</details>")[0]
    assert "<dt>geo</dt><dd>Bonn</dd>" in more


@pytest.mark.parametrize("name", ["session", "labels", "series", "network", "label", "exchange"])
def test_hostile_text_is_only_text(reader_client: Client, captured_replica: Captured, name: str) -> None:
    more = {"label": "l1", "exchange": "1"}.get(name)
    page = reader_client.get(
        reverse(f"replica:{name}", args=[HOSTILE_SESSION, *([more] if more else [])])
    ).content.decode()
    assert HOSTILE not in page
    assert "<script>alert" not in page
