"""The security log on the admin site: who reads what of it, and that nobody changes it."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.utils import timezone

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.web.models import Membership, Organisation
from statetrace_ui.web.paging import PAGE_SIZE

pytestmark = pytest.mark.django_db
LOG = "/admin/accounts/securityevent/"


@pytest.fixture
def data_admin(manager: User, client: Client) -> Client:
    """A manager of Acme with every right that can be given on the admin site."""
    manager.is_staff = True
    manager.save()
    manager.user_permissions.set(Permission.objects.all())
    client.force_login(manager)
    return client


@pytest.fixture
def log(organisation: Organisation) -> Organisation:
    """An entry of Acme, one of Elsewhere, one of nobody's; returns Elsewhere."""
    elsewhere = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    SecurityEvent.objects.all().delete()
    record(Event.SYNC_REQUESTED, "flow of acme", organisation=organisation)
    record(Event.SYNC_REQUESTED, "flow of elsewhere", organisation=elsewhere)
    record(Event.SIGN_IN_FAILED, "a name that nobody has")
    return elsewhere


def subjects(client: Client, **query: str) -> list[str]:
    return [entry.subject for entry in client.get(LOG, query).context["page"].rows]


def test_a_manager_reads_what_concerns_their_organisation(data_admin: Client, log: Organisation) -> None:
    page = data_admin.get(LOG).content.decode()
    assert "flow of acme" in page
    assert "lsewhere" not in page
    assert "a name that nobody has" not in page


def test_another_organisation_cannot_be_asked_for(data_admin: Client, log: Organisation) -> None:
    assert data_admin.get(LOG, {"organisation": str(log.pk)}).status_code == 400


def test_a_manager_of_two_reads_both_in_order(data_admin: Client, manager: User, log: Organisation) -> None:
    Membership.objects.create(user=manager, organisation=log, role=Membership.Role.MANAGER)
    flows = [subject for subject in subjects(data_admin) if subject.startswith("flow")]
    assert flows == ["flow of elsewhere", "flow of acme"]


def test_who_manages_nothing_reads_nothing(data_admin: Client, log: Organisation) -> None:
    Membership.objects.update(role=Membership.Role.READER)
    assert subjects(data_admin) == []


def test_staff_without_the_right_read_nothing(manager: User, client: Client) -> None:
    manager.is_staff = True
    manager.save()
    client.force_login(manager)
    assert client.get(LOG).status_code == 403


def test_superusers_read_all(admin_client: Client, log: Organisation) -> None:
    assert {"flow of acme", "flow of elsewhere", "a name that nobody has"} <= set(subjects(admin_client))


def test_nobody_adds_changes_or_deletes(admin_client: Client, log: Organisation) -> None:
    entry = SecurityEvent.objects.earliest("id")
    before = SecurityEvent.objects.values().get(pk=entry.pk)
    for path in ("add/", f"{entry.pk}/change/", f"{entry.pk}/delete/", f"{entry.pk}/history/"):
        for send in (admin_client.get, admin_client.post):
            assert send(f"{LOG}{path}").status_code == 403
    admin_client.post(LOG, {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"})
    assert SecurityEvent.objects.values().get(pk=entry.pk) == before


def test_the_log_is_filtered(admin_client: Client, log: Organisation, organisation: Organisation) -> None:
    record(Event.CREDENTIALS_RESET, "replica", organisation=organisation, name="ann")
    assert subjects(admin_client, event="credentials_reset") == ["replica"]
    assert subjects(admin_client, person="ann") == ["replica"]
    assert subjects(admin_client, organisation=str(log.pk)) == ["flow of elsewhere"]


def test_the_log_is_read_from_a_day_on(admin_client: Client, log: Organisation) -> None:
    old = SecurityEvent.objects.earliest("id")
    SecurityEvent.objects.filter(pk=old.pk).update(at=timezone.now() - dt.timedelta(days=10))
    day = (timezone.now() - dt.timedelta(days=5)).date().isoformat()
    assert subjects(admin_client, until=day) == [old.subject]
    assert subjects(admin_client, until="1999-01-01") == []


def test_pages_follow_each_other_without_a_gap(data_admin: Client, organisation: Organisation) -> None:
    for number in range(PAGE_SIZE + 5):
        record(Event.SYNC_REQUESTED, f"flow {number}", organisation=organisation, name="ann")
    first = data_admin.get(LOG, {"person": "ann"}).context["page"]
    second = subjects(data_admin, person="ann", cursor=first.older)
    shown = [entry.subject for entry in first.rows] + second
    assert shown == [f"flow {number}" for number in reversed(range(PAGE_SIZE + 5))]


@pytest.mark.parametrize("query", ["?until=yesterday", "?event=nothing", "?cursor=x", "?person=%00"])
def test_an_address_that_is_not_understood_says_so(query: str, admin_client: Client) -> None:
    assert admin_client.get(f"{LOG}{query}").status_code == 400


def test_foreign_text_is_escaped(admin_client: Client, organisation: Organisation) -> None:
    record(Event.SYNC_REQUESTED, "<script>x</script>", organisation=organisation, name="<b>")
    page = admin_client.get(LOG).content.decode()
    assert "<script>x" not in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    "filters",
    ["", "person_name = 'person 7'", "event = 'refused'", "organisation_id = 1", "at < now() - interval '1 day'"],
)
def test_a_page_is_read_off_an_index(filters: str) -> None:
    """Of 20,000 entries, none is sorted and the table is not read through."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_securityevent (at, event, person_name, organisation_id, organisation_name, subject)"
            " SELECT now() - i * interval '1 minute', (ARRAY['signed_in', 'refused', 'viewed'])[1 + i % 3],"
            " 'person ' || i % 50, i % 20, '', 'x' FROM generate_series(1, 20000) i"
        )
        cursor.execute("ANALYZE accounts_securityevent")
        order = "at" if filters.startswith("at") else "id"
        where = f"WHERE {filters}" if filters else ""
        cursor.execute(f"EXPLAIN SELECT * FROM accounts_securityevent {where} ORDER BY {order} DESC LIMIT 51")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index" in plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan
