"""Adding a source by pages: address, checks, tables, and the first changes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.capture.adding import creation, drafts
from statetrace_ui.capture.adding.models import SourceDraft
from statetrace_ui.capture.models import BaselineTable, ColumnRule
from statetrace_ui.history.models import Change, Source
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Membership, Organisation
from tests.conftest import make_user
from tests.fake_server import FakeServer, Visitor, ask_in_clear, say_nothing
from tests.replica.conftest import clear_queue, run_worker
from tests.statetrace_ui.conftest import Audited, supervised
from tests.waiting import wait_until


def begin(client: Client, audited: Audited, name: str = "shop") -> SourceDraft:
    answer = client.post(reverse("capture:add"), {"name": name, "address": audited.url})
    assert answer.status_code == 302, answer.content.decode()
    run_worker()
    return SourceDraft.objects.get(name=name)


def page(client: Client, draft: SourceDraft) -> str:
    return client.get(reverse("capture:draft", args=[draft.pk])).content.decode()


def add(client: Client, draft: SourceDraft, *masked: str) -> Source:
    answer = client.post(reverse("capture:draft_tables", args=[draft.pk]), {"masked": masked})
    assert answer.status_code == 302, answer.content.decode()
    return Source.objects.get(name=draft.name)


def test_a_database_is_added_step_by_step(audited: Audited, operator_client: Client) -> None:
    audited.run(
        "CREATE TABLE item (id int PRIMARY KEY, api_key text, password text)",
        "INSERT INTO item SELECT n, 'k', 'p' FROM generate_series(1, 2500) AS n",
        "ANALYZE item",
    )
    draft = begin(operator_client, audited)
    assert draft.is_ready
    assert "Ready to be captured" in page(operator_client, draft)
    tables = operator_client.get(reverse("capture:draft_tables", args=[draft.pk])).content.decode()
    assert "public.item" in tables
    assert "2,500" in tables
    assert 'value="public.item.password" checked' in tables
    source = add(operator_client, draft, "public.item.password")
    assert [(rule.pattern, rule.action) for rule in ColumnRule.objects.all()] == [("public.item.api_key", "keep")]
    assert not SourceDraft.objects.exists()
    assert [one.event for one in SecurityEvent.objects.order_by("id")][-1] == "source_added"
    with supervised():
        wait_until(lambda: Source.objects.get().status == "streaming")
        audited.run("UPDATE item SET api_key = 'x' WHERE id = 1")
        wait_until(lambda: Change.objects.filter(kind="U").exists())
    shown = operator_client.get(reverse("capture:progress", args=[source.pk])).content.decode()
    assert "1 of 1 are read" in shown
    assert list(BaselineTable.objects.values_list("name", "rows", "expected")) == [("public.item", 2500, 2500)]
    first = Change.objects.filter(kind="B").earliest("id").values_after()
    assert first
    assert first["api_key"] == "k"


def test_a_forged_choice_masks_nothing_that_the_draft_does_not_name(audited: Audited, operator_client: Client) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY, password text)")
    draft = begin(operator_client, audited)
    answer = operator_client.post(reverse("capture:draft_tables", args=[draft.pk]), {"masked": ["*.*.*"]})
    assert answer.status_code == 400
    assert not Source.objects.exists()


def test_the_statement_beside_a_check_mends_it(audited: Audited, operator_client: Client) -> None:
    audited.run('CREATE TABLE "odd ""name" (id int)', "CREATE TABLE keyless (id int)")
    draft = begin(operator_client, audited)
    assert not draft.is_ready
    assert "Must mend" in page(operator_client, draft)
    assert operator_client.post(reverse("capture:draft_tables", args=[draft.pk])).status_code == 400
    [check] = [check for check in draft.checks if check.state == "blocking"]
    audited.run(*check.statement.splitlines())
    operator_client.post(reverse("capture:check_draft", args=[draft.pk]))
    run_worker()
    draft.refresh_from_db()
    assert draft.is_ready


def test_the_rights_that_a_role_lacks_are_given_by_the_statements(audited: Audited, operator_client: Client) -> None:
    role = f"{audited.connection.info.dbname}_role"
    audited.run(f"CREATE ROLE {role} LOGIN PASSWORD 'x'", "CREATE TABLE item (id int PRIMARY KEY)")
    try:
        answer = operator_client.post(
            reverse("capture:add"), {"name": "shop", "address": audited.url_of_role(role, "x")}
        )
        assert answer.status_code == 302
        for _ in range(3):
            run_worker()
            draft = SourceDraft.objects.get()
            if draft.is_ready:
                break
            blocking = [check for check in draft.checks if check.state == "blocking"]
            audited.run(*(line for check in blocking for line in check.statement.splitlines()))
            operator_client.post(reverse("capture:check_draft", args=[draft.pk]))
        assert draft.is_ready, draft.findings
    finally:
        audited.run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")


def test_a_password_is_written_nowhere(
    audited: Audited, operator_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "hunter2-not-seen"
    whole = f"postgresql://someone:{secret}@127.0.0.1:1/shop"
    with caplog.at_level("DEBUG"):
        judged = operator_client.post(reverse("capture:judge_address"), {"address": whole})
        assert "127.0.0.1:1, database shop, role someone" in judged.content.decode()
        wrong = operator_client.post(
            reverse("capture:add"), {"name": "shop", "host": "db", "user": "u", "password": secret}
        )
        assert wrong.status_code == 400
        operator_client.post(reverse("capture:add"), {"name": "shop", "address": whole})
        run_worker()
    draft = SourceDraft.objects.get()
    shown = page(operator_client, draft)
    assert "cannot be reached" in shown
    raw = SourceDraft.objects.extra(select={"raw": "url"}).get().raw
    kept = [*SecurityEvent.objects.values_list("subject", flat=True), raw, str(draft.findings)]
    for text in (judged.content.decode(), wrong.content.decode(), shown, caplog.text, *kept):
        assert secret not in text


def test_only_operators_have_private_servers_called(
    audited: Audited,
) -> None:
    clear_queue()
    client = Client()
    client.force_login(make_user("plain", Organisation.objects.get(), Membership.Role.MANAGER))
    with FakeServer(say_nothing) as server:
        parts = {"host": "127.0.0.1", "port": str(server.port), "dbname": "d", "user": "u", "password": "p"}
        client.post(reverse("capture:add"), {"name": "inside", **parts})
        client.post(reverse("capture:add"), {"name": "by-name", **parts, "host": "localhost"})
        run_worker()
        assert server.startups == []
    for draft in SourceDraft.objects.all():
        assert "is not public" in page(client, draft)
    assert client.post(reverse("capture:add"), {"name": "file", "address": audited.url}).status_code == 400


def test_what_the_operator_allows_is_called(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    """The opposite: the same manager, the same server."""
    monkeypatch.setattr(settings, "SOURCE_OWN_HOSTS", ["localhost"])
    clear_queue()
    client = Client()
    client.force_login(make_user("plain", Organisation.objects.get(), Membership.Role.MANAGER))
    with FakeServer(ask_in_clear) as server:
        parts = {"host": "localhost", "port": str(server.port), "dbname": "d", "user": "u", "password": "p"}
        client.post(reverse("capture:add"), {"name": "inside", **parts})
        run_worker()
        assert server.startups
        assert server.heard == []  # no password in clear, whoever asks for it


def test_two_at_once_add_one(audited: Audited, operator: User, operator_client: Client) -> None:
    drafts_of_both = [begin(operator_client, audited, name).pk for name in ("shop", "store")]

    def create(pk: int) -> str:
        try:
            return creation.create(pk, operator.organisations.get(), set()).name
        except UserError as error:
            return error.problem
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        said = sorted(threads.map(create, drafts_of_both))
    assert Source.objects.count() == 1
    assert said[0].startswith("This database is the source")


def test_a_silent_server_is_given_up(
    audited: Audited, operator_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drafts, "CHECK_SECONDS", 2)

    def silent_after_signing_in(visitor: Visitor) -> None:
        visitor.let_in()
        say_nothing(visitor)

    with FakeServer(silent_after_signing_in) as server:
        whole = f"postgresql://u:p@127.0.0.1:{server.port}/d?sslmode=disable"
        operator_client.post(reverse("capture:add"), {"name": "shop", "address": whole})
        run_worker()
    assert "Must mend" in page(operator_client, SourceDraft.objects.get())


def test_ports_cannot_be_scanned(audited: Audited, operator_client: Client) -> None:
    answers = [
        operator_client.post(
            reverse("capture:add"), {"name": f"p{port}", "address": f"postgresql://u:p@127.0.0.1:{port}/d"}
        ).status_code
        for port in range(1, 14)
    ]
    assert answers[:10] == [302] * 10
    assert answers[-1] == 429
    assert SecurityEvent.objects.filter(event="source_tested", subject__contains="127.0.0.1").count() >= 10


def test_two_managers_add_the_same_database(audited: Audited, operator: User, operator_client: Client) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    first, second = begin(operator_client, audited, "shop"), begin(operator_client, audited, "store")
    taken = operator_client.post(reverse("capture:add"), {"name": "shop", "address": audited.url})
    assert "being added already" in taken.content.decode()
    add(operator_client, first)
    refused = operator_client.post(reverse("capture:draft_tables", args=[second.pk]))
    assert "This database is the source shop already." in refused.content.decode()
    operator_client.post(reverse("capture:check_draft", args=[second.pk]))
    run_worker()
    shown = page(operator_client, second)
    assert "Something must be mended first" in shown
    assert "This database is the source shop already." in shown
    again = operator_client.post(reverse("capture:draft_tables", args=[first.pk]))
    assert again.status_code == 404
    assert Source.objects.count() == 1


def test_a_check_of_an_older_address_does_not_count(audited: Audited, operator_client: Client) -> None:
    operator_client.post(reverse("capture:add"), {"name": "shop", "address": "postgresql://u:p@127.0.0.1:1/d"})
    draft = SourceDraft.objects.get()
    operator_client.post(reverse("capture:readdress_draft", args=[draft.pk]), {"address": audited.url})
    run_worker()
    draft.refresh_from_db()
    assert draft.is_ready
    assert audited.connection.info.dbname in draft.place


def test_a_draft_is_removed_and_old_ones_are_forgotten(audited: Audited, operator_client: Client) -> None:
    draft, other = begin(operator_client, audited), begin(operator_client, audited, "store")
    assert "begun by operator" in operator_client.get(reverse("history:sources")).content.decode()
    operator_client.post(reverse("capture:remove_draft", args=[draft.pk]))
    assert drafts.forget_old() == 0
    SourceDraft.objects.update(asked_at=timezone.now() - timedelta(days=8))
    assert drafts.forget_old() == 1
    assert not SourceDraft.objects.filter(pk=other.pk).exists()
