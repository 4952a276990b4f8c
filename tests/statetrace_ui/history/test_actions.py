"""Actions beside one another: several in a transaction, parents and children, and those of no session."""

import pytest
from django.test import Client

from statetrace_ui.history import queries
from statetrace_ui.history.models import Action, Change, Relation, Session, Source
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.paging import PAGE_SIZE
from tests.statetrace_ui.history.rows import (
    HOSTILE,
    make_action,
    make_change,
    make_session,
    make_source,
    make_transaction,
    row,
)


@pytest.fixture
def second(action: Action, source: Source, change: Change) -> Action:
    """Another session's action in the same transaction."""
    other = make_session(source, "s-2", actor_full_name="Grace Hopper", actor_email="", actor_id="9")
    return make_action(other, transaction=action.transaction, url="/second", method="PUT")


@pytest.mark.parametrize("address", ["/changes/", "/records/{source}/?table=public.orders&key=[%227%22]"])
def test_lists_show_the_first_action_and_how_many_more_there_are(
    reader_client: Client, change: Change, second: Action, address: str
) -> None:
    text = reader_client.get(address.format(source=change.source_id)).content.decode()
    assert "/orders/7/pay" in text
    assert ">+1</span>" in text
    assert "/second" not in text


def test_a_changes_page_shows_all_actions_of_its_transaction(
    reader_client: Client, change: Change, second: Action
) -> None:
    response = reader_client.get(f"/changes/{change.pk}/")
    assert [action.url for action in response.context["row"].actions] == ["/orders/7/pay", "/second"]
    text = response.content.decode()
    assert "any of which may have made this change" in text
    assert "PUT" in text
    assert "Grace Hopper" in text


def test_an_action_shows_the_others_of_its_transaction(reader_client: Client, action: Action, second: Action) -> None:
    for one, other in ((action, second), (second, action)):
        response = reader_client.get(f"/actions/{one.pk}/changes/")
        assert response.context["company"] == [other]
        assert "carries more than one action" in response.content.decode()


def test_a_session_flags_its_actions_that_share_a_transaction(
    reader_client: Client, session: Session, second: Action
) -> None:
    make_action(session, url="/alone")
    page = reader_client.get(f"/sessions/{session.pk}/")
    assert [(action.url, action.has_company) for action in page.context["page"].rows] == [
        ("/orders/7/pay", True),
        ("/alone", False),
    ]
    assert page.content.decode().count("one of several") == 1


def test_of_very_many_actions_of_a_transaction_some_are_read(
    reader_client: Client, session: Session, change: Change
) -> None:
    told = {"source": session.source, "session": session, "transaction": change.transaction, "at": change.committed_at}
    Action.objects.bulk_create(Action(key=str(number), **told) for number in range(100))
    [listed] = reader_client.get("/changes/?group=change").context["changes"]
    assert (len(listed.actions), listed.more_actions) == (queries.MOST_BESIDE + 1, f"{queries.MOST_BESIDE}+")


def test_a_parent_and_its_parts_lead_to_each_other(reader_client: Client, session: Session) -> None:
    parent = make_action(session, key="p", url="/whole")
    parts = [make_action(session, parent_key="p", url=f"/part-{number}") for number in range(2)]
    up = reader_client.get(f"/actions/{parts[0].pk}/changes/")
    assert up.context["parent"] == parent
    assert f"/actions/{parent.pk}/changes/" in up.content.decode()
    down = reader_client.get(f"/actions/{parent.pk}/changes/")
    assert down.context["children"] == parts
    assert f"/actions/{parts[1].pk}/changes/" in down.content.decode()


def test_of_several_actions_with_the_parents_key_the_nearest_before_is_meant(session: Session) -> None:
    early = make_action(session, parent_key="p")
    first = make_action(session, key="p")
    between = make_action(session, parent_key="p")
    second = make_action(session, key="p", parent_key="p")
    late = make_action(session, parent_key="p")
    nearest = {early: first, between: first, second: first, late: second}
    assert {action: queries.parent_of(action) for action in nearest} == nearest
    assert queries.children_of(first) == [early, between, second]
    assert queries.children_of(second) == [late]


def test_an_action_is_not_its_own_parent(session: Session) -> None:
    own = make_action(session, key="p", parent_key="p")
    assert queries.parent_of(own) is None
    assert queries.children_of(own) == []


def test_parents_are_looked_for_in_the_same_source(session: Session, organisation: Organisation) -> None:
    elsewhere = make_action(make_session(make_source(organisation, "other")), key="p")
    part = make_action(session, parent_key="p")
    assert queries.parent_of(part) is None
    assert queries.children_of(elsewhere) == []


def test_a_parent_that_is_not_known_is_named(reader_client: Client, session: Session) -> None:
    part = make_action(session, parent_key=HOSTILE)
    text = reader_client.get(f"/actions/{part.pk}/changes/").content.decode()
    assert "not in this history" in text
    assert "<script>alert" not in text


def test_actions_without_a_session_are_listed_page_by_page(
    reader_client: Client, source: Source, session: Session, orders: Relation
) -> None:
    make_action(session)
    found = [make_action(None, transaction=make_transaction(source), url=f"/{n}") for n in range(PAGE_SIZE + 2)]
    make_change(found[-1].transaction, orders, "I", new=row())
    address = f"/sources/{source.pk}/actions/"
    assert address in reader_client.get(f"/sources/{source.pk}/").content.decode()
    first = reader_client.get(address)
    rest = reader_client.get(address, {"cursor": first.context["page"].older}, headers={"HX-Request": "true"})
    assert [*first.context["page"].rows, *rest.context["page"].rows] == found[::-1]
    assert f"/actions/{found[-1].pk}/changes/" in first.content.decode()


def test_migrations_are_listed_with_their_actions(reader_client: Client, source: Source, session: Session) -> None:
    make_transaction(source)
    bare, told = (make_transaction(source, kind="migration") for _ in range(2))
    make_action(session, transaction=told, url="migrate", method="", version="4f2a")
    address = f"/sources/{source.pk}/migrations/"
    assert address in reader_client.get(f"/sources/{source.pk}/").content.decode()
    response = reader_client.get(address)
    assert response.context["page"].rows == [told, bare]
    text = response.content.decode()
    assert text.index("Ada Lovelace") < text.index("4f2a") < text.index("not known")
