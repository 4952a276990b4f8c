"""/sources/<pk>/builds/: which requests took longer in a newer build, and what they wrote."""

import re
from itertools import count

import pytest
from django.test import Client

from statetrace_ui.history import queries
from statetrace_ui.history.models import Relation, Source
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import make_action, make_change, make_relation, make_session, make_source
from tests.statetrace_ui.history.rows import row as values

NUMBER = count()


def act(source: Source, version: str, ms: float | None, rows: int = 1, url: str = "/orders/7", times: int = 6) -> None:
    """Actions of a build, each of which inserts so many rows."""
    session = make_session(source, key=f"session {next(NUMBER)}")
    relation = Relation.objects.filter(source=source).first() or make_relation(source)
    for number in range(times):
        length = None if ms is None else ms + number / 10
        action = make_action(session, version=version, method="POST", url=url, length_ms=length, change_count=rows)
        for key in range(rows):
            make_change(action.transaction, relation, "I", key=str(key), new=values(str(key)))
        action.transaction.change_count = rows
        action.transaction.save()


def page(client: Client, source: Source, query: str = "") -> str:
    response = client.get(f"/sources/{source.pk}/builds/{query}")
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.fixture
def source(organisation: Organisation) -> Source:
    return make_source(organisation)


def test_builds_are_known_by_their_newest_actions(source: Source) -> None:
    for version in ("1.10", "1.9", "1.10", ""):
        act(source, version, 5, times=1)
    act(make_source(source.organisation, "other"), "2.0", 5, times=1)
    assert [one.version for one in queries.builds_of(source)] == ["1.10", "1.9"]


def test_the_newest_build_is_held_against_the_one_before(reader_client: Client, source: Source) -> None:
    act(source, "1.4.0", 900)
    act(source, "1.4.1", 100)
    act(source, "1.4.2", 180, rows=3)
    told = page(reader_client, source).split("more where one cannot tell")[0]
    assert "between <bdi>1.4.1</bdi> and <bdi>1.4.2</bdi>" in told
    assert "POST /orders/*" in told
    assert "+80 ms" in told
    assert "+2 rows" in told
    assert 'href="/compare/?base=version%3A1.4.1&amp;new=version%3A1.4.2"' in told
    older = page(reader_client, source, "?base=1.4.0&new=1.4.1")
    assert "−800 ms" in older
    assert "rows</div>" not in older


def test_what_did_not_change_is_not_told(reader_client: Client, source: Source) -> None:
    act(source, "1", 100)
    act(source, "2", 100)
    assert "No request took clearly or likely longer" in page(reader_client, source)


def test_a_build_that_is_not_known_is_refused(reader_client: Client, source: Source) -> None:
    act(source, "1", 100)
    act(source, "2", 100)
    assert reader_client.get(f"/sources/{source.pk}/builds/?base=3").status_code == 400


@pytest.mark.parametrize(
    ("versions", "said"), [([], "No action of this source names a version"), (["7"], "One build is known")]
)
def test_fewer_than_two_builds_teach(reader_client: Client, source: Source, versions: list[str], said: str) -> None:
    for version in versions:
        act(source, version, 100)
    assert said in page(reader_client, source)


def test_actions_without_a_duration_tell_of_rows(reader_client: Client, source: Source) -> None:
    act(source, "1", None)
    act(source, "2", None, rows=4)
    assert "+3 rows" in page(reader_client, source)


def test_the_fields_that_a_request_alters_are_told(reader_client: Client, source: Source) -> None:
    relation = make_relation(source)
    for version, status, total in (("1", "paid", "5.00"), ("2", "paid", "7.00")):
        act(source, version, 100, rows=0)
        for action in queries.build_actions(source, version):
            before, after = values(status="new", total="5.00"), values(status=status, total=total)
            make_change(action.transaction, relation, "U", old=before, new=after)
    told = page(reader_client, source, "?request=POST+/orders/*").split("Fields that a request alters")[1]
    assert [text.split("<")[0] for text in told.split("<bdi>")[1:]] == ["orders.total", "orders.status"]
    assert '0 % <span class="muted">0 of 6</span>' in told
    assert '100 % <span class="muted">6 of 6</span>' in told
    assert "orders.total" not in page(reader_client, source, "?request=POST+/else")


def test_the_page_lies_among_the_sources(reader_client: Client, source: Source) -> None:
    assert re.findall(r'data-go="(\w)" aria-current="page"', page(reader_client, source)) == ["o"]
