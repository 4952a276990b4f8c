"""The way from an audited session to what was captured beside it."""

import pytest
from django.test import Client

from replica.databases.models import Replica
from statetrace_ui.wal.records import capped_key
from statetrace_ui.web.models import Organisation
from tests.replica.captured import BARE, EXCLUDED, FULL, HOSTILE, HOSTILE_SESSION, Captured
from tests.statetrace_ui.history.rows import make_session, make_source


def fragment(client: Client, organisation: Organisation, key: str) -> str:
    session = make_session(make_source(organisation), key)
    address = f"/audited/{session.pk}/captured/"
    assert f'hx-get="{address}"' in client.get(f"/sessions/{session.pk}/").content.decode()
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("key", ["abc", "0b0e0f9c-6a4c-4d8e-9a53-6f1f5c1d7a10", "k" * 128])
def test_captured_sessions_that_name_it_are_linked_newest_first(
    reader_client: Client, organisation: Organisation, own_replica: Captured, key: str
) -> None:
    for session, value in ((FULL, key), (HOSTILE_SESSION, key), (BARE, key[:-1]), (EXCLUDED, f"{key[:-1]}x")):
        own_replica.execute(f"INSERT INTO session_tags VALUES ('{session}', 'statetrace_session_id', %s)", value)
    text = fragment(reader_client, organisation, capped_key(key))
    assert f"/captured/{FULL}/" in text
    assert f"/captured/{HOSTILE_SESSION}/" in text
    assert HOSTILE not in text
    assert BARE not in text
    assert EXCLUDED not in text


def test_without_any_it_says_none(reader_client: Client, organisation: Organisation, own_replica: Captured) -> None:
    assert "none" in fragment(reader_client, organisation, "abc")


def test_without_a_replica_the_session_is_shown_all_the_same(reader_client: Client, organisation: Organisation) -> None:
    assert "no replica database yet" in fragment(reader_client, organisation, "abc")


def test_a_replica_that_does_not_answer_is_said(
    reader_client: Client, organisation: Organisation, own_replica: Captured
) -> None:
    Replica.objects.update(reader_url="postgresql://nobody@127.0.0.1:1/gone")
    assert "does not answer" in fragment(reader_client, organisation, "abc")
