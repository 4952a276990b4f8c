"""Keyset paging shows every row once, whatever the page size, ties and new rows included."""

import base64
import datetime as dt
import json

import pytest
from django.contrib.auth.models import User

from statetrace_ui.web.errors import UserError
from statetrace_ui.web.paging import decode, encode, newest_first

NOON = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def people(db: None) -> list[User]:
    """Seven people of whom several joined at the same moment."""
    moments = [NOON + dt.timedelta(minutes=minute) for minute in (0, 1, 1, 1, 2, 2, 3)]
    return [User.objects.create(username=f"p{n}", date_joined=moment) for n, moment in enumerate(moments)]


def walk(size: int) -> list[str]:
    names: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = newest_first(User.objects.all(), ("date_joined", "id"), cursor, size)
        names += [user.username for user in page.rows]
        cursor = page.older
    return names


@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8])
def test_every_row_comes_once_newest_first(people: list[User], size: int) -> None:
    assert walk(size) == ["p6", "p5", "p4", "p3", "p2", "p1", "p0"]


def test_a_row_that_arrives_while_paging_moves_nothing(people: list[User]) -> None:
    first = newest_first(User.objects.all(), ("date_joined", "id"), size=3)
    User.objects.create(username="new", date_joined=NOON + dt.timedelta(hours=1))
    second = newest_first(User.objects.all(), ("date_joined", "id"), first.older or "", size=3)
    assert [user.username for user in second.rows] == ["p3", "p2", "p1"]


def test_an_empty_list_is_an_empty_page(db: None) -> None:
    page = newest_first(User.objects.all(), ("id",))
    assert not page
    assert page.older is None


def test_a_cursor_survives_the_address() -> None:
    assert decode(encode([NOON, 7, "x"]), 3) == [NOON, 7, "x"]


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "%%%",
        encode([1]),
        base64.urlsafe_b64encode(json.dumps([{"at": "?"}, 1]).encode()).decode(),
        encode([None, []]),
    ],
)
def test_a_changed_cursor_is_a_400(cursor: str) -> None:
    with pytest.raises(UserError) as caught:
        decode(cursor, 2)
    assert caught.value.status == 400


@pytest.mark.parametrize("value", ["\ud800", "\0"])
def test_a_cursor_with_text_that_no_column_holds_is_a_400(value: str) -> None:
    with pytest.raises(UserError) as caught:
        newest_first(User.objects.all(), ("username", "id"), encode([value, 1]))
    assert caught.value.status == 400
