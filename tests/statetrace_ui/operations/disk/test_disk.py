"""What takes how much disk, who sees it, and what is said when it runs out."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
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
from statetrace_ui.operations.disk import history_sizes
from statetrace_ui.operations.disk.concerns import concerns
from statetrace_ui.operations.disk.history_sizes import measure_sources
from statetrace_ui.operations.disk.measuring import is_due, measure
from statetrace_ui.operations.models import DiskMeasure, DiskPart
from statetrace_ui.web import quantities
from statetrace_ui.web.concerns import Kind, Severity
from statetrace_ui.web.models import Membership, Organisation
from tests.conftest import make_user
from tests.replica.exports.conftest import StartWorker
from tests.statetrace_ui.history.rows import make_change, make_relation, make_source, make_transaction, row
from tests.waiting import wait_until

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
def test_rows_are_given_to_their_sources_and_tables(
    organisation: Organisation, analysed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    ours, theirs = make_source(organisation, "ours"), make_source(elsewhere, "theirs")
    write(ours, "orders", 30, 1)
    write(ours, "items", 10, 2)
    write(theirs, "orders", 40, 3)
    if analysed:
        monkeypatch.setattr(history_sizes, "COUNTED_BELOW", -1)  # bytes: nothing is counted
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


def test_it_is_measured_at_once_then_each_hour_and_soon_after_something_new(
    organisation: Organisation, store: str
) -> None:
    minute = timedelta(minutes=1)
    now = datetime.now(UTC)
    assert is_due(now)
    measure(now)
    assert not is_due(now + 59 * minute)
    assert is_due(now + 60 * minute)
    source = make_source(organisation, "larkspur")
    assert not is_due(now + 4 * minute)
    assert is_due(now + 5 * minute)
    measure(now + 5 * minute)
    assert not is_due(now + 11 * minute)
    elsewhere = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    assert not is_due(now + 11 * minute)
    Replica.objects.create(organisation=elsewhere, database=source.name, login_role="x", owner_url="postgresql:///x")
    assert is_due(now + 11 * minute)


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_a_worker_measures_as_it_starts(start_worker: StartWorker) -> None:
    start_worker()
    wait_until(DiskMeasure.objects.filter(kind="filesystem").exists)


def test_an_organisation_that_has_nothing_yet_is_led_on(manager: User, store: str) -> None:
    measure(NOW)
    assert "takes no disk yet" in page(manager)


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
    ("free", "severity"),
    [
        ([500] * 8, None),
        ([900 - 10 * number for number in range(8)], None),  # 830 left, 40 a day
        ([900 - 100 * number for number in range(8)], Severity.URGENT),  # 200 left, 400 a day
        ([700 - 30 * number for number in range(8)], Severity.WARNING),  # 490 left, 120 a day
        ([90] * 8, Severity.WARNING),
        ([20] * 8, Severity.URGENT),
    ],
)
def test_a_disk_that_runs_out_needs_attention(
    organisation: Organisation, free: list[int], severity: Severity | None
) -> None:
    fill_disk(free)
    found = list(concerns(organisation))
    assert [one.severity for one in found] == ([] if severity is None else [severity])
    assert not any("/data" in str(one) for one in found)


def test_a_disk_that_was_cleaned_since_it_was_measured_needs_none(
    organisation: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    DiskMeasure.objects.create(kind="filesystem", name=str(tmp_path), at=NOW, used=999, total=1000)
    assert list(concerns(organisation))
    for name in ("HOME", "BLOCKS_DIR", "SCREENSHOTS_DIR"):
        monkeypatch.setattr(settings, name, tmp_path)
    monkeypatch.setattr("shutil.disk_usage", {str(tmp_path): SimpleNamespace(total=1000, free=500)}.__getitem__)
    assert not list(concerns(organisation))


def test_members_are_led_to_a_source_and_not_to_the_disk(reader_client: Client, organisation: Organisation) -> None:
    fill_disk([20] * 8)
    source = make_source(organisation, "larkspur")
    keep_log(source, 7_000_000_000)
    page = reader_client.get("/attention/?kind=disk").content.decode()
    assert "larkspur keeps" in page.replace("</bdi>", "")
    assert f'href="/sources/{source.pk}/"' in page
    assert "The disk has" not in page
    assert 'href="/disk/"' not in page


def test_the_rail_counts_what_of_disk_needs_a_manager(manager_client: Client, organisation: Organisation) -> None:
    fill_disk([20] * 8)
    keep_log(make_source(organisation, "larkspur"), 7_000_000_000)
    page = manager_client.get("/").content.decode()
    badge = page.split('id="badge-k"')[1].split("</a>")[0]
    assert "2 need attention" in badge


def keep_log(source: Source, size: int) -> None:
    zero = dict.fromkeys(("transactions", "rows", "flushes", "flush_seconds", "errors"), 0)
    Figures.objects.create(source=source, retained_wal=size, **zero)


def test_log_that_is_kept_beyond_the_limit_needs_attention(organisation: Organisation) -> None:
    elsewhere = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    for owner, kept in ((organisation, 4_000_000_000), (organisation, 6_000_000_000), (elsewhere, 9_000_000_000)):
        keep_log(make_source(owner, f"s{kept}"), kept)
    [concern] = concerns(organisation)
    assert "s6000000000" in concern.what
    assert concern.kind == Kind.DISK
    assert concern.about == f"source {concern.url.split('/')[2]}"


def test_what_would_free_space_leads_to_where_it_is_done(organisation: Organisation, manager: User, store: str) -> None:
    source = make_source(organisation, "larkspur")
    write(source, "orders", 5, 1)
    make_transaction(source)
    measure(NOW)
    shown = page(manager)
    assert "Keep larkspur for 90 days" in shown
    assert f"/sources/{source.pk}/retention/" in shown


def test_the_removal_of_a_source_says_what_it_would_free(
    organisation: Organisation, manager_client: Client, store: str
) -> None:
    source = make_source(organisation, "larkspur")
    write(source, "orders", 1234, 1)
    address = f"/sources/{source.pk}/remove/"
    assert "not measured yet" in manager_client.get(address).content.decode()
    measure(NOW)
    shown = " ".join(manager_client.get(address).content.decode().split())
    assert "about 1,234 rows, and" in shown
    assert "not measured yet" not in shown
    bytes_of = DiskMeasure.objects.get(kind="source", subject=source.pk).used
    assert f"about {quantities.size(bytes_of)}" in shown


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
