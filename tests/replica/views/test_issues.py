"""The issues of a session, and the map of a flow."""

import random
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from replica.analyses.intervals import union_within
from replica.queries.issues import issue_heats
from tests.replica.captured import BARE, EMPTY_FLOW, EXCLUDED, FLOW, FULL, HOSTILE, Captured


def add(replica: Captured, session: str, category: str, start: int, end: int | None, reference: bool = False) -> None:
    add.number += 1  # type: ignore[attr-defined]
    replica.execute(
        "INSERT INTO capture_issues VALUES (%s, 'i', %s, NULL, %s, 'user experience', NULL, %s, %s, %s, '1', %s)",
        *(session, str(add.number), category, 0 if end is None else end - start, start, end or start, reference),  # type: ignore[attr-defined]
    )


add.number = 0  # type: ignore[attr-defined]


@pytest.fixture
def replica(own_replica: Captured) -> Captured:
    own_replica.execute("TRUNCATE capture_issues")
    return own_replica


def test_the_union_in_the_database_is_that_of_the_formulas(replica: Captured) -> None:
    draw = random.Random(7)
    replica.execute("UPDATE session_metadata SET end_time = start_time + interval '10 s' WHERE session_id = %s", FULL)
    spans = []
    for _ in range(60):
        start = draw.randrange(0, 12_000)
        spans.append((float(start), float(start + draw.randrange(0, 900))))
        add(replica, FULL, "A", start, int(spans[-1][1]))
    add(replica, FULL, "A", 0, 10_000, reference=True)
    [heat] = issue_heats(replica.alias, [FULL])
    assert (heat.impacts, heat.union_ms) == (60, union_within(spans, 10_000))


def test_a_session_shows_a_card_for_each_category(replica: Captured, reader_client: Client) -> None:
    add(replica, FULL, "Low Frame Rate", 100, 600)
    add(replica, FULL, HOSTILE, 0, 100)
    replica.execute(
        "INSERT INTO performance_measurements"
        " VALUES (%s, 'Slow Downloads: impacts', 'Statetrace Issue Count', NULL, '0', 0)",
        FULL,
    )
    page = reader_client.get(reverse("replica:issues", args=[FULL]))
    text = page.content.decode()
    assert [one["card"].category for one in page.context["cards"]] == ["Low Frame Rate", HOSTILE]
    assert HOSTILE not in text
    assert "Looked for and not found: Slow Downloads." in text


def test_a_session_without_issues_says_whether_it_was_looked_at(replica: Captured, reader_client: Client) -> None:
    assert "was not analysed" in reader_client.get(reverse("replica:issues", args=[BARE])).content.decode()


def test_the_map_has_a_row_for_each_session_and_a_column_for_each_category(
    replica: Captured, reader_client: Client
) -> None:
    add(replica, FULL, "A", 0, 500)
    add(replica, EXCLUDED, "B", 0, 100)
    page = reader_client.get(reverse("replica:flow_issues", args=[FLOW]))
    cells = {row.session.session_id: [cell.impacts for cell in row.cells] for row in page.context["rows"]}
    assert page.context["columns"] == ["A", "B"]
    assert cells[FULL] == [1, 0]
    assert cells[EXCLUDED] == [0, 1]


def test_the_map_can_be_filtered_and_paged(replica: Captured, reader_client: Client) -> None:
    moment = datetime(2026, 5, 1)  # noqa: DTZ001
    for number in range(60):
        session = f"many-{number}"
        replica.execute(
            "INSERT INTO session_metadata (session_id, user_flow_id, status, start_time) VALUES (%s, %s, 'Failed', %s)",
            *(session, EMPTY_FLOW, moment + timedelta(minutes=number)),
        )
        add(replica, session, "A", 0, 10)
    address = reverse("replica:flow_issues", args=[EMPTY_FLOW])
    first = reader_client.get(address, {"status": "Failed"})
    second = reader_client.get(address, {"status": "Failed", "cursor": first.context["page"].older})
    shown = [row.session.session_id for page in (first, second) for row in page.context["rows"]]
    assert shown == [f"many-{number}" for number in reversed(range(60))]
    assert not reader_client.get(address, {"status": "Passed"}).context["rows"]


def test_a_flow_without_issues_says_so(replica: Captured, reader_client: Client) -> None:
    assert (
        "No issue in these sessions" in reader_client.get(reverse("replica:flow_issues", args=[FLOW])).content.decode()
    )
