"""Alerts: what is new is told once, whole, and to whom it concerns; nothing is missed."""

import json
import logging
import threading
from datetime import UTC
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection

from statetrace_ui.deliveries.models import Delivery, Endpoint
from statetrace_ui.history import search
from statetrace_ui.history.alerts import finding, looking, telling
from statetrace_ui.history.alerts.finding import newest_id
from statetrace_ui.history.alerts.looking import look_for_all
from statetrace_ui.history.erasure import requests, runs
from statetrace_ui.history.models import Alert, Change, Erasure, Relation, SavedQuestion, Source
from statetrace_ui.history.question.parsing import parse
from statetrace_ui.history.tasks import look_for_alerts
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.erasure.test_erasing import disconnect
from tests.statetrace_ui.history.rows import (
    make_action,
    make_change,
    make_relation,
    make_session,
    make_source,
    make_transaction,
    row,
)


@pytest.fixture
def source(organisation: Organisation) -> Source:
    return make_source(organisation)


@pytest.fixture
def orders(source: Source) -> Relation:
    return make_relation(source)


def make_alert(organisation: Organisation, line: str = "kind:delete", **fields: Any) -> Alert:
    question = SavedQuestion.objects.create(
        organisation=organisation, owner=fields.get("person"), asked="changes", name=f"Asks {line}", line=line
    )
    return Alert.objects.create(organisation=organisation, question=question, reached=newest_id(organisation), **fields)


def delete(orders: Relation, key: str = "1") -> Change:
    return make_change(make_transaction(orders.source), orders, "D", key, old=row(key))


def counts(alert: Alert) -> list[int]:
    return list(alert.findings.order_by("id").values_list("count", flat=True))


def test_only_what_is_new_is_told_and_once(organisation: Organisation, orders: Relation) -> None:
    delete(orders)
    alert = make_alert(organisation)
    look_for_all()
    assert counts(alert) == []
    deleted = [delete(orders, str(number)) for number in range(3)]
    make_change(make_transaction(orders.source), orders, "U", old=row(), new=row())
    look_for_all()
    look_for_all()
    assert counts(alert) == [3]
    assert alert.findings.get().changes == [change.pk for change in deleted]


def test_many_matches_are_one_message_that_names_the_first_ten(
    organisation: Organisation, orders: Relation, reader: User
) -> None:
    alert = make_alert(organisation, person=reader, by_mail=True)
    deleted = [delete(orders, str(number)) for number in range(25)]
    look_for_alerts(0)
    assert counts(alert) == [25]
    assert alert.findings.get().changes == [change.pk for change in deleted[:10]]
    delivery = Delivery.objects.get()
    assert (delivery.to, delivery.subject) == ("reader@example.com", "Asks kind:delete: 25 new changes")
    assert "and 15 more" in delivery.body


def test_the_list_that_a_message_leads_to_holds_what_was_found(organisation: Organisation, orders: Relation) -> None:
    alert = make_alert(organisation, "kind:delete since:2020-01-01")
    deleted = [delete(orders, str(number)) for number in range(2)]
    look_for_all()
    line = telling.line_of_finding(alert.findings.get())
    assert line.startswith("kind:delete since:")
    assert "2020" not in line
    found = search.changes(organisation, parse(line, alert.added_at, UTC)).page.rows
    assert [change.pk for change in found] == [change.pk for change in reversed(deleted)]


def test_an_erasure_takes_a_record_out_of_what_was_told(organisation: Organisation, orders: Relation) -> None:
    """Also out of what waits, and of messages whose alert is gone. Others stay as they are."""
    endpoint = Endpoint.objects.create(organisation=organisation, name="Ops", url="https://ops.example/", host="ops")
    kept, gone = (make_alert(organisation, line, endpoint=endpoint) for line in ("kind:delete", "-kind:insert"))
    disconnect(orders.source)
    session = make_session(orders.source, actor_full_name="Ada Lovelace")
    make_change(make_action(session).transaction, orders, "D", "ada@example.com", old=row("ada@example.com"))
    delete(orders, "another")
    look_for_all()
    gone.delete()
    places, wanted = requests.record_wanted(orders.source, ("public", "orders"), '["ada@example.com"]', key_too=True)
    erasure = requests.ask(orders.source, Erasure.Kind.RECORD, places, wanted, "", "test")
    runs.perform(erasure)
    assert all("ada@example.com" in delivery.body for delivery in Delivery.objects.all())
    requests.confirm(erasure, "test")
    runs.perform(erasure)
    assert erasure.state == Erasure.State.DONE
    bodies = {delivery.key.split("-")[2]: json.loads(delivery.body) for delivery in Delivery.objects.all()}
    told = bodies[str(kept.findings.get().pk)]
    assert len(bodies) == 2
    assert "ada@example.com" not in str(bodies)
    assert [change["key"] for change in told["changes"]][1] == "another"
    assert {"erased": True} in bodies.values()


def test_windows_of_a_look_leave_out_nothing(
    organisation: Organisation, orders: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "WINDOW", 2)
    alert = make_alert(organisation)
    deleted = [delete(orders, str(number)) for number in range(13)]
    Alert.objects.update(reached=deleted[0].pk - 1)  # before that there may be many ids of other tests
    look_for_all()
    assert counts(alert) == [13]
    assert alert.findings.get().changes == [change.pk for change in deleted[:10]]


def test_a_look_without_time_goes_on_in_the_next_one(
    organisation: Organisation, orders: Relation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "WINDOW", 1)
    monkeypatch.setattr(finding, "LOOK_SECONDS", 0)  # the first window is looked at anyway
    alert = make_alert(organisation)
    deleted = [delete(orders, str(number)) for number in range(3)]
    Alert.objects.update(reached=deleted[0].pk - 1)
    alert.refresh_from_db()
    for number in range(alert.reached + 1, newest_id(organisation) + 1):
        look_for_all()
        alert.refresh_from_db()
        assert alert.reached == number
    found = [number for finding in alert.findings.order_by("id") for number in finding.changes]
    assert found == [change.pk for change in deleted]


def test_a_look_that_fails_before_its_end_is_as_if_nobody_had_looked(
    organisation: Organisation, orders: Relation, reader: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = make_alert(organisation, person=reader, by_mail=True)
    delete(orders)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(looking, "tell", killed)
        with pytest.raises(KeyboardInterrupt):
            look_for_all()
    assert (counts(alert), Delivery.objects.count()) == ([], 0)
    look_for_all()
    assert (counts(alert), Delivery.objects.count()) == ([1], 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_tell_once(organisation: Organisation, orders: Relation) -> None:
    alert = make_alert(organisation)
    delete(orders)
    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert counts(alert) == [1]


def work() -> None:
    try:
        look_for_all()
    finally:
        connection.close()


def test_a_stale_look_moves_nothing(organisation: Organisation, orders: Relation) -> None:
    alert = make_alert(organisation)
    delete(orders)
    stale = Alert.objects.get(pk=alert.pk)
    looking.look(alert)
    looking.look(stale)
    assert counts(alert) == [1]


def test_a_question_that_is_not_understood_is_told_once_and_misses_nothing(
    organisation: Organisation, orders: Relation, reader: User
) -> None:
    alert = make_alert(organisation, "nonsense:1", person=reader, by_mail=True)
    delete(orders)
    look_for_all()
    look_for_all()
    alert.refresh_from_db()
    assert "There is no term nonsense:" in alert.fault
    assert Delivery.objects.get().subject == "Asks nonsense:1 cannot look"
    SavedQuestion.objects.update(line="kind:delete")
    look_for_all()
    alert.refresh_from_db()
    assert alert.fault == ""
    assert counts(alert) == [0, 1]


def test_a_search_that_fails_is_told_and_others_go_on(
    organisation: Organisation, orders: Relation, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, other = make_alert(organisation), make_alert(organisation, "table:orders")
    delete(orders)
    every = search.every

    def failing(organisation: Organisation, question: Any, *bounds: int) -> Any:
        if question.kinds:
            raise ZeroDivisionError("a value of somebody")
        return every(organisation, question, *bounds)

    monkeypatch.setattr(search, "every", failing)
    with caplog.at_level(logging.CRITICAL):
        look_for_all()
    broken.refresh_from_db()
    assert "ZeroDivisionError" in broken.fault
    assert "somebody" not in broken.fault
    assert counts(other) == [1]


def test_with_the_membership_a_persons_alerts_end(organisation: Organisation, orders: Relation, reader: User) -> None:
    alert = make_alert(organisation, person=reader, by_mail=True)
    membership = reader.memberships.get()
    reader.memberships.all().delete()
    delete(orders)
    look_for_all()
    assert (counts(alert), Delivery.objects.count()) == ([], 0)
    membership.save(force_insert=True)
    delete(orders, "2")
    look_for_all()
    assert counts(alert) == [1]  # not what was stored in between


def test_the_organisations_alert_tells_its_managers_and_its_endpoint(
    organisation: Organisation, orders: Relation, reader: User, manager: User
) -> None:
    endpoint = Endpoint.objects.create(organisation=organisation, name="On-call", url="https://example.com/", host="x")
    make_alert(organisation, by_mail=True, endpoint=endpoint)
    delete(orders, "68")
    look_for_all()
    assert sorted(Delivery.objects.values_list("to", flat=True)) == ["On-call", "manager@example.com"]


def test_messages_name_record_and_actor_and_hold_no_values(
    organisation: Organisation, orders: Relation, reader: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "PUBLIC_URL", "https://statetrace.example.com")
    endpoint = Endpoint.objects.create(organisation=organisation, name="On-call", url="https://example.com/", host="x")
    make_alert(organisation, "table:orders", person=reader, by_mail=True, endpoint=endpoint)
    disconnect(orders.source)
    session = make_session(orders.source, actor_full_name="Mei Tanaka")
    action = make_action(session)
    change = make_change(action.transaction, orders, "U", "68", old=row("68"), new=row("68", status="secret value"))
    look_for_all()
    mailed, posted = Delivery.objects.order_by("by_mail").values_list("body", flat=True)[::-1]
    for body in (mailed, posted):
        assert "Mei Tanaka" in body
        assert "68" in body
        assert f"https://statetrace.example.com/changes/{change.pk}/" in posted
        assert "secret value" not in body
    assert "Updated  orders 68 by Mei Tanaka" in mailed or "Update  orders 68 by Mei Tanaka" in mailed


def test_sources_of_others_are_not_looked_at(organisation: Organisation, orders: Relation, stranger: User) -> None:
    theirs = stranger.memberships.get().organisation
    alert = make_alert(theirs)
    delete(orders)
    look_for_all()
    assert counts(alert) == []
