"""Commands and jobs: what they say they do is what is annotated."""

import threading

import pytest
from django.db import connections, transaction

from statetrace_ui.annotate.context import action, job_context, session
from tests.statetrace_ui.annotate.conftest import Audited
from tests.statetrace_ui.annotate.models import Item


def test_a_job_is_annotated_with_every_documented_field(audited: Audited) -> None:
    person = {"full_name": "Nightly job", "email": "ops@example.com", "avatar": "https://example.com/moon.svg"}
    with session(actor_id="nightly", **person), action(url="cron:prices", method="nightly", parent_id="earlier"):
        Item.objects.create(name="one")
    announced, done = audited.sessions[0], audited.actions[0]
    assert announced.meta == done.meta == {}
    assert announced.payload == {
        "session_actor_id": "nightly",
        "session_actor_full_name": "Nightly job",
        "session_actor_email": "ops@example.com",
        "session_actor_avatar": "https://example.com/moon.svg",
        "session_client_user_agent": None,
        "session_application_id": "warehouse",
        "session_application_type": "python/django",
    }
    assert done.payload.pop("action_length_ms") > 0
    assert done.payload == {
        "action_session_id": announced.id,
        "action_url": "cron:prices",
        "action_method": "nightly",
        "action_version": "v1.2",
        "action_parent_id": "earlier",
    }


def test_a_session_is_announced_once_for_all_its_actions(audited: Audited) -> None:
    with session(actor_id="nightly"):
        for name in ("one", "two"):
            with action(url=f"cron:{name}"):
                Item.objects.create(name=name)
    assert len(audited.sessions) == 1
    assert {row.payload["action_session_id"] for row in audited.actions} == {audited.sessions[0].id}


def test_a_session_that_writes_nothing_leaves_no_trace(audited: Audited) -> None:
    with session(actor_id="nightly"), action(url="cron:look"):
        Item.objects.count()
    assert audited.sessions == []


def test_writes_outside_an_action_are_not_annotated(audited: Audited) -> None:
    with session(actor_id="nightly"):
        Item.objects.create(name="one")
    assert list(audited.items()) == ["one"]
    assert audited.actions == []


def test_the_action_that_wrote_first_counts_even_if_it_is_over_at_commit(audited: Audited) -> None:
    with session(actor_id="nightly"), transaction.atomic("audited"):
        with action(url="cron:first"):
            Item.objects.create(name="one")
        with action(url="cron:second"):
            Item.objects.create(name="two")
    assert [row.payload["action_url"] for row in audited.actions] == ["cron:first"]


def test_an_action_within_another_has_it_as_parent(audited: Audited) -> None:
    with session(actor_id="nightly"), action(url="cron:outer"):
        Item.objects.create(name="one")
        with action(url="cron:inner"):
            Item.objects.create(name="two")
    outer, inner = audited.actions
    assert inner.payload["action_parent_id"] == outer.id
    assert inner.payload["action_session_id"] == outer.payload["action_session_id"]


def test_a_job_continues_the_session_that_asked_for_it(audited: Audited) -> None:
    with session(actor_id="7"), action(url="/order/"):
        Item.objects.create(name="one")
        sent_along = job_context()
    with action(url="job:invoice", **sent_along):
        Item.objects.create(name="two")
    asked, done = audited.actions
    assert done.payload["action_session_id"] == asked.payload["action_session_id"]
    assert done.payload["action_parent_id"] == asked.id
    assert len(audited.sessions) == 1


def test_outside_an_action_there_is_nothing_to_send_along(audited: Audited) -> None:
    assert job_context() == {}


def test_an_action_without_a_session_says_what_it_needs(audited: Audited) -> None:
    with pytest.raises(LookupError, match="with session"), action(url="cron:prices"):
        pass


def test_threads_do_not_see_each_others_actions(audited: Audited) -> None:
    def elsewhere() -> None:
        Item.objects.create(name="elsewhere")
        connections.close_all()

    with session(actor_id="nightly"), action(url="cron:prices"):
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert list(audited.items()) == ["elsewhere"]
    assert audited.actions == []


def test_text_that_postgresql_would_refuse_is_replaced_and_shortened(audited: Audited) -> None:
    with session(actor_id="7", full_name="a\0b\udc80c"), action(url="/" + "x" * 5000):
        Item.objects.create(name="one")
    assert audited.sessions[0].payload["session_actor_full_name"] == "a\ufffdb?c"
    assert len(audited.actions[0].payload["action_url"]) == 2048
    audited.rows("SELECT payload::jsonb FROM statetrace_annotations")
