"""/healthz and /readyz: for machines, which come without a session, under any name, by http."""

from collections.abc import Iterable

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from statetrace_ui.capture.processes import Membership
from statetrace_ui.embedded import database_url
from statetrace_ui.history.models import Source
from statetrace_ui.operations.readiness import findings, unapplied
from statetrace_ui.web.models import Organisation

ADDRESSES = ("/healthz", "/readyz", "/metrics")
WORKER = "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())"


@pytest.fixture
def own_database(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of the tests' own database, which /readyz opens by itself."""
    url = database_url(settings.REPLICA_SERVER_URL, connection.settings_dict["NAME"])
    monkeypatch.setattr(settings, "DATABASE_URL", url)
    run("DELETE FROM procrastinate_workers")  # a table that is not emptied after each test
    return url


def lines(client: Client, query: str = "") -> tuple[int, list[str]]:
    findings.forget()
    answer = client.get(f"/readyz{query}")
    return answer.status_code, answer.content.decode().splitlines()


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_site_whose_processes_report_is_ready(client: Client, own_database: str) -> None:
    run(WORKER)
    assert lines(client) == (200, ["database: ok", "migrations: ok", "worker: ok", "capture: ok"])


def test_a_site_without_its_worker_serves_pages_but_is_not_ready(client: Client, own_database: str) -> None:
    status, found = lines(client)
    assert (status, found[2]) == (503, "worker: none reports")
    assert lines(client, "?for=pages") == (200, ["database: ok", "migrations: ok"])


def test_sources_need_a_capture_process(client: Client, own_database: str) -> None:
    run(WORKER)
    organisation = Organisation.objects.create(name="Acme", slug="acme")
    Source.objects.create(organisation=organisation, name="shop", url="postgresql://x", slot_name="x")
    status, found = lines(client)
    assert (status, found[3]) == (503, "capture: no process reports, though there are sources")
    process = Membership(frozenset())
    try:
        assert lines(client)[0] == 200
    finally:
        process.leave()
        process.close()


def test_migrations_that_are_to_be_applied_are_counted(client: Client, own_database: str) -> None:
    run("DELETE FROM django_migrations WHERE app = 'capture' AND name = '0004_figures'")
    try:
        assert lines(client, "?for=pages") == (503, ["database: ok", "migrations: 1 must be applied; run migrate"])
    finally:
        run("INSERT INTO django_migrations (app, name, applied) VALUES ('capture', '0004_figures', now())")


def test_a_database_that_does_not_answer_is_said(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DATABASE_URL", "postgresql://nobody:secret@127.0.0.1:1/nowhere")
    status, found = lines(client)
    assert (status, found[0]) == (503, "database: does not answer")
    assert "127.0.0.1" not in "".join(found)


def test_an_empty_database_is_said(client: Client, monkeypatch: pytest.MonkeyPatch, new_database: object) -> None:
    assert callable(new_database)
    monkeypatch.setattr(settings, "DATABASE_URL", new_database())
    assert lines(client)[1][:2] == ["database: ok", "migrations: none was applied"]


def test_whoever_asks_often_makes_the_database_work_no_more(
    client: Client, own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = lines(client)
    monkeypatch.setattr(settings, "DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
    again = client.get("/readyz")
    assert (again.status_code, again.content.decode().splitlines()) == before


@pytest.mark.parametrize(
    ("applied", "missing"),
    [
        ({"a", "b"}, set()),
        ({"a"}, {"b", "both"}),
        ({"both"}, set()),
        (set[str](), {"a", "b", "both"}),
    ],
)
def test_a_migration_that_replaces_others_counts_as_they_do(applied: Iterable[str], missing: set[str]) -> None:
    class Replaces:
        replaces = (("app", "a"), ("app", "b"))

    on_disk: dict[tuple[str, str], object] = {("app", "a"): None, ("app", "b"): None, ("app", "both"): Replaces()}
    assert {name for _, name in unapplied(on_disk, {("app", name) for name in applied})} == missing


@pytest.mark.parametrize("address", ADDRESSES)
def test_machines_need_neither_a_known_host_nor_https(
    client: Client, own_database: str, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setattr(settings, "SECURE_SSL_REDIRECT", True)
    monkeypatch.setattr(settings, "METRICS_TOKEN", "a-token-of-tests-0123456789-abcdef")
    run(WORKER)
    findings.forget()
    headers = {"Host": "10.0.0.7:8000", "Authorization": f"Bearer {settings.METRICS_TOKEN}"}
    answer = client.get(address, headers=headers)
    assert answer.status_code == 200
    assert not answer.cookies
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("address", ADDRESSES)
def test_machines_change_nothing(client: Client, db: None, address: str) -> None:
    assert client.post(address).status_code == 405


def test_health_needs_no_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nowhere")
    assert client.get("/healthz").content == b"ok\n"
