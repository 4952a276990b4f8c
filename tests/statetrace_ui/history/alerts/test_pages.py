"""The pages of alerts: who adds, edits and removes which, and what is refused."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.deliveries.models import Endpoint
from statetrace_ui.history.models import Alert, SavedQuestion
from statetrace_ui.web.models import Organisation


@pytest.fixture
def endpoint(organisation: Organisation) -> Endpoint:
    return Endpoint.objects.create(organisation=organisation, name="On-call", url="https://example.com/", host="x")


def saved(organisation: Organisation, owner: User | None = None) -> SavedQuestion:
    return SavedQuestion.objects.create(
        organisation=organisation, owner=owner, asked="changes", name="Gone", line="kind:delete"
    )


def told(alert: Alert) -> tuple[bool, int | None]:
    alert.refresh_from_db()
    return alert.by_mail, alert.endpoint_id


def test_a_reader_has_alerts_of_their_own(reader_client: Client, reader: User, organisation: Organisation) -> None:
    question = saved(organisation, reader)
    answer = reader_client.post("/alerts/add/", {"question": question.pk, "by_mail": "on"})
    alert = Alert.objects.get()
    assert answer.headers["location"] == f"/alerts/{alert.pk}/"
    assert (alert.person, alert.by_mail, alert.endpoint) == (reader, True, None)
    assert "Gone" in reader_client.get("/alerts/").content.decode()
    again = reader_client.post("/alerts/add/", {"question": question.pk})
    assert (again.status_code, Alert.objects.count()) == (400, 1)


def test_how_an_alert_tells_is_changed_and_it_goes_on_from_where_it_was(
    reader_client: Client, reader: User, organisation: Organisation, endpoint: Endpoint
) -> None:
    alert = Alert.objects.create(
        organisation=organisation, question=saved(organisation, reader), person=reader, reached=7
    )
    assert 'name="by_mail"' in reader_client.get(f"/alerts/{alert.pk}/").content.decode()
    answer = reader_client.post(f"/alerts/{alert.pk}/edit/", {"by_mail": "on", "endpoint": endpoint.pk})
    assert (answer.status_code, told(alert), alert.reached) == (302, (True, None), 7)
    assert 'name="by_mail" id="id_by_mail" checked' in reader_client.get(f"/alerts/{alert.pk}/").content.decode()
    reader_client.post(f"/alerts/{alert.pk}/edit/", {})
    assert told(alert) == (False, None)
    assert SecurityEvent.objects.filter(event="alert_edited").count() == 2


def test_only_managers_change_how_an_alert_of_the_organisation_tells(
    reader_client: Client, manager_client: Client, organisation: Organisation, endpoint: Endpoint, stranger: User
) -> None:
    alert = Alert.objects.create(organisation=organisation, question=saved(organisation), reached=7)
    address = f"/alerts/{alert.pk}/edit/"
    assert reader_client.post(address, {"by_mail": "on"}).status_code == 404
    assert address not in reader_client.get(f"/alerts/{alert.pk}/").content.decode()
    assert manager_client.post(address, {"endpoint": endpoint.pk}).status_code == 302
    assert told(alert) == (False, endpoint.pk)
    theirs = Endpoint.objects.create(
        organisation=stranger.memberships.get().organisation, name="Theirs", url="https://example.com/", host="x"
    )
    answer = manager_client.post(address, {"endpoint": theirs.pk})
    assert (answer.status_code, told(alert)) == (400, (False, endpoint.pk))
    assert "Theirs" not in answer.content.decode()


def test_an_alert_is_removed_by_whoever_it_belongs_to(
    reader_client: Client, manager_client: Client, organisation: Organisation
) -> None:
    alert = Alert.objects.create(organisation=organisation, question=saved(organisation), reached=7)
    assert reader_client.post(f"/alerts/{alert.pk}/remove/").status_code == 404
    assert manager_client.post(f"/alerts/{alert.pk}/remove/").headers["location"] == "/alerts/"
    assert not Alert.objects.exists()
