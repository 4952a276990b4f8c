"""First steps tick themselves off by what there is, for each role, and can be put aside."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from replica.exports.models import UserFlowExport
from statetrace_ui.history.models import Source
from statetrace_ui.start.shown import shown_steps
from statetrace_ui.web.models import Organisation
from tests.conftest import make_user
from tests.statetrace_ui.history.rows import make_action, make_session, make_source

PAGE, HOME = reverse("start:page"), reverse("home")


def taken(organisation: Organisation) -> list[str]:
    return [step.slug for step in shown_steps(organisation).steps if step.done]


def text(client: Client, address: str = PAGE) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def connected(organisation: Organisation) -> Source:
    return make_source(organisation, status="streaming")


def test_nothing_is_taken_in_an_empty_organisation(organisation: Organisation) -> None:
    shown = shown_steps(organisation)
    assert taken(organisation) == []
    assert [step.slug for step in shown.steps if step.is_next] == ["connect"]


def test_steps_follow_what_there_is(organisation: Organisation, reader: User) -> None:
    source = connected(organisation)
    assert taken(organisation) == ["connect"]
    make_action(make_session(source), timezone.now())
    assert taken(organisation) == ["connect", "annotate"]
    export = UserFlowExport.objects.create(organisation=organisation, user_flow_id="x", name="Pay")
    assert "import" not in taken(organisation)  # a flow alone has no sessions
    for status, last in ((UserFlowExport.Status.OUT_OF_SYNC, "import"), (UserFlowExport.Status.IN_SYNC, "sync")):
        export.status = status
        export.save()
        assert taken(organisation)[-1] == last
    make_user("another", organisation)
    assert len(taken(organisation)) == 5


def test_steps_follow_back(organisation: Organisation) -> None:
    """A source that is removed or fails is none."""
    source = connected(organisation)
    Source.objects.filter(pk=source.pk).update(url="")
    assert taken(organisation) == []


def test_other_organisations_do_not_count(organisation: Organisation) -> None:
    source = connected(Organisation.objects.create(name="Other", slug="other"))
    make_action(make_session(source), timezone.now())
    assert taken(organisation) == []


def test_what_was_seen_is_told_with_a_link(reader_client: Client, organisation: Organisation) -> None:
    source = connected(organisation)
    assert "Waiting for the first annotated transaction" in text(reader_client)
    action = make_action(make_session(source, actor_full_name="Ada <b>"), timezone.now(), url="/pay/")
    lights = text(reader_client, reverse("start:lights"))
    assert reverse("history:action_changes", args=[action.pk]) in lights
    assert "Ada &lt;b&gt;" in lights
    assert 'id="tick-annotate" hx-swap-oob="true"' in " ".join(lights.split())


def test_an_action_without_a_session_is_seen_too(reader_client: Client, organisation: Organisation) -> None:
    action = make_action(make_session(connected(organisation)), timezone.now())
    type(action).objects.filter(pk=action.pk).update(session_id=None)
    assert "Seen:" in text(reader_client)


def test_viewers_are_told_whom_to_ask(reader_client: Client, analyst_client: Client) -> None:
    for client in (reader_client, analyst_client):
        page = text(client)
        assert "Ask a manager" in page
        assert "data-drop" not in page
        assert "Put sample data in" not in page


def test_managers_see_what_to_do(manager_client: Client) -> None:
    page = text(manager_client)
    assert "data-drop" in page
    assert "Put sample data in" in page


@pytest.mark.parametrize("address", [HOME, PAGE])
def test_both_pages_have_the_steps(address: str, manager_client: Client) -> None:
    assert 'id="tick-connect"' in text(manager_client, address)


def test_one_puts_them_aside_for_oneself(reader_client: Client, manager_client: Client) -> None:
    assert reader_client.post(reverse("start:hide")).status_code == 302
    assert reader_client.post(reverse("start:hide")).status_code == 302  # twice is once
    assert 'id="tick-connect"' not in text(reader_client, HOME)
    assert 'id="tick-connect"' in text(manager_client, HOME)
    assert 'id="tick-connect"' in text(reader_client)  # their own page keeps them
    reader_client.post(reverse("start:show"))
    assert 'id="tick-connect"' in text(reader_client, HOME)


def test_a_manager_puts_them_aside_for_all(reader_client: Client, manager_client: Client) -> None:
    assert reader_client.post(reverse("start:hide"), {"for_all": "on"}).status_code == 403
    assert 'id="tick-connect"' in text(manager_client, HOME)
    manager_client.post(reverse("start:hide"), {"for_all": "on"})
    assert 'id="tick-connect"' not in text(reader_client, HOME)
    reader_client.post(reverse("start:show"))  # a viewer's alone, of which there is none
    assert 'id="tick-connect"' not in text(reader_client, HOME)
    manager_client.post(reverse("start:show"))
    assert 'id="tick-connect"' in text(reader_client, HOME)


def test_they_are_gone_once_all_are_taken(reader_client: Client, organisation: Organisation) -> None:
    make_action(make_session(connected(organisation)), timezone.now())
    UserFlowExport.objects.create(organisation=organisation, user_flow_id="x", name="Pay", status="In Sync")
    assert 'id="tick-connect"' in text(reader_client, HOME)
    make_user("another", organisation)
    assert 'id="tick-connect"' not in text(reader_client, HOME)
