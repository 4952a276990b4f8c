"""What takes how much disk, who sees it, and what is said when it runs out."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from replica.blocks.folders import INDEX
from replica.databases.models import Replica
from replica.exports.models import UserFlowExport
from statetrace_ui.capture.models import Figures
from statetrace_ui.history.models import Source
from statetrace_ui.operations.disk.history_sizes import measure_sources
from statetrace_ui.operations.disk.measuring import measure
from statetrace_ui.operations.disk.needing import needing_attention
from statetrace_ui.operations.models import DiskMeasure, DiskPart
from statetrace_ui.web.models import Membership, Organisation
from tests.conftest import make_user
from tests.statetrace_ui.history.rows import make_change, make_relation, make_source, make_transaction, row

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def write(source: Source, table: str, count: int, oid: int) -> None:
    relation, transaction = make_relation(source, table, oid=oid), make_transaction(source)
    for number in range(count):
        make_change(transaction, relation, "I", str(number), new=row(str(number)))


def page(user: User, query: str = "") -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(f"/disk/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("analysed", [False, True])
def test_rows_are_given_to_their_sources_and_tables(organisation: Organisation, analysed: bool) -> None:
    elsewhere = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    ours, theirs = make_source(organisation, "ours"), make_source(elsewhere, "theirs")
    write(ours, "orders", 30, 1)
    write(ours, "items", 10, 2)
    write(theirs, "orders", 40, 3)
    if analysed:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    found = measure_sources()
    assert round(found[ours.pk].whole.rows) == 40
    assert round(found[theirs.pk].whole.rows) == 40
    assert {name: round(part.rows) for name, part in found[ours.pk].tables.items() if part.rows} == {
        "public.orders": 30,
        "public.items": 10,
    }
    assert found[ours.pk].whole.bytes > 0


def test_an_organisation_sees_its_own_and_a_superuser_the_machine(
    organisation: Organisation, manager: User, store: str
) -> None:
    elsewhere = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    write(make_source(organisation, "larkspur"), "orders", 5, 1)
    write(make_source(elsewhere, "juniper"), "orders", 5, 2)
    assert "Nothing was measured yet" in page(manager)
    assert measure(NOW)
    shown = page(manager)
    assert "larkspur" in shown
    assert "public.orders" in shown
    assert "juniper" not in shown
    assert "Filesystem of" not in shown
    operator = make_user("operator", organisation, Membership.Role.MANAGER)
    User.objects.filter(pk=operator.pk).update(is_superuser=True)
    assert "Filesystem of" in page(operator)
    assert "juniper" not in page(operator)


def test_the_series_is_bounded(organisation: Organisation, store: str) -> None:
    for hours in (1, 2, 24 * 8, 24 * 8 + 1, 24 * 8 + 2, 24 * 400):
        DiskMeasure.objects.create(
            organisation=organisation, kind="replica", name="r", at=NOW - timedelta(hours=hours), used=hours
        )
    measure(NOW)
    kept = DiskMeasure.objects.filter(organisation=organisation, kind="replica").values_list("used", flat=True)
    assert sorted(kept) == [1, 2, 24 * 8]
    measure(NOW + timedelta(hours=1))
    assert DiskPart.objects.filter(organisation=organisation).count() == DiskPart.objects.count()


def fill_disk(free: list[int]) -> None:
    for number, left in enumerate(free):
        at = NOW - timedelta(hours=6 * (len(free) - number))
        DiskMeasure.objects.create(kind="filesystem", name="/data", at=at, used=1000 - left, total=1000)


@pytest.mark.parametrize(
    ("free", "urgent"),
    [
        ([500] * 8, None),
        ([900 - 10 * number for number in range(8)], None),  # 830 left, 40 a day
        ([900 - 100 * number for number in range(8)], True),  # 200 left, 400 a day
        ([700 - 30 * number for number in range(8)], False),  # 490 left, 120 a day
        ([90] * 8, False),
        ([20] * 8, True),
    ],
)
def test_a_disk_that_runs_out_needs_attention(organisation: Organisation, free: list[int], urgent: bool | None) -> None:
    fill_disk(free)
    assert [need.urgent for need in needing_attention(organisation)] == ([] if urgent is None else [urgent])


def test_log_that_is_kept_beyond_the_limit_needs_attention(organisation: Organisation, manager: User) -> None:
    elsewhere = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    for owner, kept in ((organisation, 4_000_000_000), (organisation, 6_000_000_000), (elsewhere, 9_000_000_000)):
        source = make_source(owner, f"s{kept}")
        Figures.objects.create(
            source=source, transactions=0, rows=0, flushes=0, flush_seconds=0, errors=0, retained_wal=kept
        )
    [need] = needing_attention(organisation)
    assert "s6000000000" in need.what
    client = Client()
    client.force_login(manager)
    assert "More than" in client.get(need.url).content.decode()


def test_what_would_free_space_leads_to_where_it_is_done(organisation: Organisation, manager: User, store: str) -> None:
    source = make_source(organisation, "larkspur")
    write(source, "orders", 5, 1)
    make_transaction(source)
    measure(NOW)
    shown = page(manager)
    assert "Keep larkspur for 90 days" in shown
    assert f"/sources/{source.pk}/retention/" in shown


def test_a_flow_takes_its_share_of_the_replica(organisation: Organisation, manager: User, store: str) -> None:
    name = str(connection.settings_dict["NAME"])  # any database of the server
    Replica.objects.create(organisation=organisation, database=name, login_role="acme", owner_url="postgresql:///x")
    for number, sessions in enumerate((3, 1)):
        flow = str(uuid4())
        UserFlowExport.objects.create(organisation=organisation, name=f"flow {number}", user_flow_id=flow)
        with psycopg.connect(store) as server:
            for _ in range(sessions):
                server.execute(
                    "INSERT INTO bookkeeping.session_revisions (session_id, user_flow_id) VALUES (%s, %s)",
                    [str(uuid4()), flow],
                )
    measure(NOW)
    replica = DiskMeasure.objects.get(organisation=organisation, kind="replica").used
    assert replica > 1_000_000
    sizes = dict(DiskPart.objects.filter(kind="flow").values_list("name", "bytes"))
    assert sizes == {"flow 0": replica * 3 // 4, "flow 1": replica // 4}
    shown = page(manager, "?of=flow")
    assert "flow 0" in shown
    assert "Delete the user flow flow 0" in shown


def test_blocks_are_dropped_by_managers(
    organisation: Organisation,
    manager_client: Client,
    store: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings, "BLOCKS_DIR", tmp_path)
    replica = Replica.objects.create(organisation=organisation, database="x", login_role="x", owner_url="postgresql://")
    for pk in (replica.pk, replica.pk + 1):
        folder = tmp_path / f"replica_{pk}_abc" / "session" / "version"
        folder.mkdir(parents=True)
        (folder / INDEX).write_bytes(b"x" * 100)
    measure(NOW)
    assert DiskMeasure.objects.get(organisation=organisation, kind="blocks").used == 100
    assert manager_client.post("/disk/blocks/").status_code == 302
    assert [path.name for path in tmp_path.iterdir()] == [f"replica_{replica.pk + 1}_abc"]
