"""Who looks at what, for sources that ask for it."""

import pytest
from django.test import Client

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.history.models import Relation, Session, Source
from tests.statetrace_ui.history.rows import make_action, make_change, row


@pytest.fixture
def pages(source: Source, orders: Relation, session: Session) -> dict[str, str]:
    """Address → what the log calls it."""
    action = make_action(session)
    change = make_change(action.transaction, orders, "I", new=row(status="a secret value"))
    return {
        f'/records/{source.pk}/?table=public.orders&key=["7"]': f"{source.name}: public.orders 7",
        f"/changes/{change.pk}/": f"{source.name}: change {change.pk} of orders 7",
        f"/changes/{change.pk}/value/?side=new&column=status": f"{source.name}: change {change.pk}, status",
        f"/sessions/{session.pk}/": f"{source.name}: session {session.key}",
        f"/actions/{action.pk}/changes/": f"{source.name}: changes of action {action.pk}",
    }


def looks() -> list[str]:
    return [entry.subject for entry in SecurityEvent.objects.filter(event=Event.VIEWED).order_by("id")]


def visit(client: Client, pages: dict[str, str]) -> None:
    for address in pages:
        for headers in ({}, {"HX-Request": "true"}):
            assert client.get(address, headers=headers).status_code == 200


def test_a_source_that_asks_for_it_has_looks_recorded(
    reader_client: Client, source: Source, pages: dict[str, str]
) -> None:
    Source.objects.update(records_looks=True)
    visit(reader_client, pages)
    assert looks() == list(pages.values())
    entry = SecurityEvent.objects.filter(event=Event.VIEWED).first()
    assert entry is not None
    assert (entry.person_name, entry.organisation_id) == ("reader", source.organisation_id)


def test_other_sources_have_not(reader_client: Client, pages: dict[str, str]) -> None:
    visit(reader_client, pages)
    assert looks() == []


def test_a_stranger_who_finds_nothing_looked_at_nothing(stranger_client: Client, pages: dict[str, str]) -> None:
    Source.objects.update(records_looks=True)
    for address in pages:
        assert stranger_client.get(address).status_code == 404
    assert looks() == []


def test_a_superuser_switches_it_on_and_the_log_says_so(admin_client: Client, source: Source) -> None:
    data = {"organisation": source.organisation_id, "name": source.name, "records_looks": "on"}
    assert admin_client.post(f"/admin/history/source/{source.pk}/change/", data).status_code == 302
    source.refresh_from_db()
    assert source.records_looks
    entry = SecurityEvent.objects.get(event=Event.SOURCE_CHANGED)
    assert (entry.subject, entry.organisation_id) == (f"{source.name}: records_looks", source.organisation_id)
