"""`backup` and `restore`: what is lost comes back, and capture goes on where it was, or says what is missing."""

import io
import shutil
import stat
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg.conninfo import conninfo_to_dict

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.capture.models import MaskingKey
from statetrace_ui.embedded import database_url
from statetrace_ui.history.models import Change, Gap, Source
from statetrace_ui.operations.backups.archive import Reader
from statetrace_ui.wal.stream import Stream
from tests.statetrace_ui.conftest import Audited, stored
from tests.statetrace_ui.operations.sites import Site
from tests.waiting import wait_until

OTHER_KEY = "another-key-of-tests-0123456789-xyz"
SIGNED_IN = (
    "INSERT INTO accounts_session (session_key, session_data, expire_date, device)"
    " VALUES ('a', 'b', now() + interval '1 day', '') RETURNING 1"
)
ROWS = "SELECT record_key, kind FROM history_change ORDER BY id"


@pytest.fixture
def own_urls(transactional_db: None, store: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The settings name the databases of the tests, which commands open by themselves."""
    url = database_url(settings.REPLICA_SERVER_URL, connection.settings_dict["NAME"])
    monkeypatch.setattr(settings, "DATABASE_URL", url)
    return url


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with closing(psycopg.connect(url, autocommit=True)) as database:
        return database.execute(query.encode()).fetchall()


def run(url: str, statement: str) -> None:
    with closing(psycopg.connect(url, autocommit=True)) as database:
        database.execute(statement.encode())


def backed_up(path: Path, *options: str) -> Path:
    call_command("backup", path, *options, stdout=io.StringIO(), stderr=io.StringIO())
    return path


def captured(audited: Audited) -> Source:
    """A source of one table with two rows, of which the second came by the stream."""
    audited.run("CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1)")
    source = audited.add()
    audited.run("INSERT INTO item VALUES (2)")
    audited.capture(source)
    return source


@dataclass
class Elsewhere:
    """Another installation: two empty databases, and a key of its own."""

    database: str
    store: str
    keys: Sequence[str] = (OTHER_KEY,)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Within this, settings and models are those of the installation."""
        before = connection.settings_dict["NAME"]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(settings, "DATABASE_URL", self.database)
            patch.setattr(settings, "STORE_URL", self.store)
            patch.setattr(settings, "ENCRYPTION_KEYS", self.keys)
            connection.close()
            connection.settings_dict["NAME"] = conninfo_to_dict(self.database)["dbname"]
            try:
                yield
            finally:
                connection.close()
                connection.settings_dict["NAME"] = before

    def restore(self, path: Path, *options: str) -> str:
        """What the command says. Raises CommandError."""
        said = io.StringIO()
        with self.entered():
            call_command("restore", path, *options, stdout=said)
        return said.getvalue()


@pytest.fixture
def elsewhere(new_database: Callable[..., str]) -> Elsewhere:
    return Elsewhere(new_database(), new_database())


@pytest.mark.usefixtures("own_urls")
def test_a_lost_installation_comes_back_and_capture_goes_on_exactly(
    audited: Audited, store: str, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    captured(audited)
    rows(store, "INSERT INTO user_flow VALUES ('f1', 'Check out', NULL, now()) RETURNING 1")
    history = rows(settings.DATABASE_URL, ROWS)
    key = MaskingKey.objects.get().key
    path = backed_up(tmp_path / "kept.tar")
    audited.run("INSERT INTO item VALUES (3)")
    assert "shop: goes on exactly" in elsewhere.restore(path)
    assert rows(elsewhere.database, ROWS) == history
    assert rows(elsewhere.store, "SELECT name FROM user_flow") == [("Check out",)]
    with elsewhere.entered():
        assert MaskingKey.objects.get().key == key
        audited.capture(Source.objects.get())
        assert stored("record_key") == ['["2"]', '["3"]']


@pytest.mark.long
@pytest.mark.usefixtures("own_urls")
def test_what_was_captured_after_the_backup_is_a_gap_and_is_said(
    audited: Audited, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    source = captured(audited)
    path = backed_up(tmp_path / "kept.tar")
    audited.run("INSERT INTO item VALUES (3)")
    audited.capture(source)
    said = elsewhere.restore(path)
    assert "shop: captured further after the backup" in said
    assert "history has a gap" in said
    with elsewhere.entered():
        gap = Gap.objects.get()
        assert gap.reason == Gap.Reason.RESTORED
        assert gap.sentence.startswith("the dashboard was restored from a backup of 20")
        restored = Source.objects.get()
        audited.settle(restored)
        assert not Gap.objects.get().is_open
        assert '["3"]' in Change.objects.exclude(kind="G").values_list("record_key", flat=True)


@pytest.mark.long
@pytest.mark.usefixtures("own_urls")
def test_a_copy_beside_a_running_installation_leaves_its_slot_alone(
    audited: Audited, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    source = captured(audited)
    path = backed_up(tmp_path / "kept.tar")
    active = f"SELECT active FROM pg_replication_slots WHERE slot_name = '{source.slot_name}'"
    with psycopg.connect(audited.url, autocommit=True) as reader, reading(audited.url, source):
        wait_until(lambda: reader.execute(active.encode()).fetchall() == [(True,)])
        assert "somebody reads its slot right now" in elsewhere.restore(path)
    assert rows(elsewhere.database, "SELECT status FROM history_source") == [("stopped",)]


def reading(url: str, source: Source) -> Stream:
    """As the installation that runs on."""
    return Stream(url, source.slot_name, [source.publication_name], source.position)


@pytest.mark.usefixtures("own_urls")
def test_schemas_of_others_in_the_same_database_are_neither_taken_nor_deleted(
    transactional_db: None, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    schemas = """SELECT nspname FROM pg_namespace WHERE nspname LIKE 'of "others"%'"""
    run(settings.DATABASE_URL, 'CREATE SCHEMA "of ""others"" here"')
    try:
        path = backed_up(tmp_path / "kept.tar")
    finally:
        run(settings.DATABASE_URL, 'DROP SCHEMA "of ""others"" here"')
    run(elsewhere.database, 'CREATE SCHEMA "of ""others"" there"')
    elsewhere.restore(path, "--force")
    assert rows(elsewhere.database, schemas) == [('of "others" there',)]


@pytest.mark.long
@pytest.mark.usefixtures("own_urls")
def test_nothing_is_overwritten_unless_that_is_wanted(audited: Audited, elsewhere: Elsewhere, tmp_path: Path) -> None:
    captured(audited)
    path = backed_up(tmp_path / "kept.tar")
    elsewhere.restore(path, "--stop-sources")
    rows(elsewhere.database, "UPDATE history_source SET name = 'another' RETURNING 1")
    with pytest.raises(CommandError, match="is filled already"):
        elsewhere.restore(path)
    with (
        closing(psycopg.connect(elsewhere.database, application_name="somebody")),
        pytest.raises(CommandError, match="is in use by somebody"),
    ):
        elsewhere.restore(path, "--force")
    assert rows(elsewhere.database, "SELECT name FROM history_source") == [("another",)]
    elsewhere.restore(path, "--force", "--stop-sources")
    assert rows(elsewhere.database, "SELECT name, status FROM history_source") == [("shop", "stopped")]


@pytest.mark.long
@pytest.mark.usefixtures("own_urls")
def test_a_backup_without_keys_needs_them_from_elsewhere(
    audited: Audited, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    captured(audited)
    path = backed_up(tmp_path / "kept.tar", "--without-keys")
    with pytest.raises(CommandError, match="The backup holds no keys"):
        elsewhere.restore(path)
    assert rows(elsewhere.database, "SELECT to_regclass('history_source')") == [(None,)]
    elsewhere.keys = [OTHER_KEY, *settings.ENCRYPTION_KEYS]
    assert "goes on exactly" in elsewhere.restore(path)
    elsewhere.keys = [OTHER_KEY]
    with elsewhere.entered():
        assert Source.objects.get().url == audited.url


@pytest.mark.usefixtures("own_urls", "organisation")
def test_a_backup_is_for_its_owner_alone_and_is_noted(tmp_path: Path) -> None:
    said = io.StringIO()
    call_command("backup", tmp_path, stdout=io.StringIO(), stderr=said)
    [path] = tmp_path.glob("statetrace-*.tar")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "It holds the keys" in said.getvalue()
    with tarfile.open(path) as tar:
        assert tar.getnames() == ["dashboard.dump", "store.dump", "keys.json", "manifest.json"]
        assert {member.mode for member in tar} == {0o600}
    assert SecurityEvent.objects.get().event == "backup_made"
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", path)


@pytest.mark.usefixtures("own_urls", "organisation")
def test_who_was_signed_in_is_not_in_a_backup(tmp_path: Path, elsewhere: Elsewhere) -> None:
    rows(settings.DATABASE_URL, SIGNED_IN)
    elsewhere.restore(backed_up(tmp_path / "kept.tar"))
    assert rows(elsewhere.database, "SELECT * FROM accounts_session") == []
    assert rows(elsewhere.database, "SELECT slug FROM web_organisation") == [("acme",)]


@pytest.mark.usefixtures("own_urls", "organisation")
@pytest.mark.parametrize("damage", ["cut", "altered", "other"])
def test_a_damaged_backup_is_refused(tmp_path: Path, damage: str, elsewhere: Elsewhere) -> None:
    path = backed_up(tmp_path / "kept.tar")
    content = bytearray(path.read_bytes())
    if damage == "cut":
        del content[-20_000:]
    elif damage == "altered":
        content[5_000] ^= 1
    else:
        content = bytearray(b"something else")
    path.write_bytes(content)
    with pytest.raises(CommandError, match="damaged" if damage == "altered" else "is no backup"):
        elsewhere.restore(path)


@pytest.mark.usefixtures("own_urls", "organisation")
def test_a_backup_of_a_newer_version_is_refused(tmp_path: Path, elsewhere: Elsewhere) -> None:
    add = "INSERT INTO django_migrations (app, name, applied) VALUES ('history', '9999_future', now()) RETURNING 1"
    rows(settings.DATABASE_URL, add)
    try:
        with pytest.raises(CommandError, match="newer version, which has the migration 9999_future"):
            elsewhere.restore(backed_up(tmp_path / "kept.tar"))
    finally:
        rows(settings.DATABASE_URL, "DELETE FROM django_migrations WHERE name = '9999_future' RETURNING 1")


def test_a_failed_backup_leaves_no_file(own_urls: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "STORE_URL", "postgresql://nobody:hidden@127.0.0.1:1/nowhere")
    with pytest.raises(CommandError, match="does not answer") as failure:
        call_command("backup", tmp_path / "kept.tar")
    assert "hidden" not in str(failure.value)
    assert list(tmp_path.iterdir()) == []


COUNT = (
    "from statetrace_ui.history.models import Change;"
    " print('stored', list(Change.objects.order_by('id').values_list('record_key', flat=True)))"
)
MAKE = "from statetrace_ui.web.models import Organisation as O; O.objects.create(name='Acme', slug='acme')"


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not in pytest's own folder: that is closed to the user that an embedded server may run as."""
    made = Path(tempfile.mkdtemp(prefix="statetrace-sites-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.mark.long
def test_an_embedded_installation_whose_folder_was_lost_comes_back(audited: Audited, folder: Path) -> None:
    """As people do it, with commands alone; the second folder has another server, another password, another key."""
    audited.run("CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1)")
    first, path = Site(folder / "first"), str(folder / "kept.tar")
    for command in (["migrate"], ["shell", "-c", MAKE], ["add_source", "shop", audited.url], ["backup", path]):
        status, said = first.run(*command)
        assert status == 0, said
    shutil.rmtree(folder / "first")
    audited.run("INSERT INTO item VALUES (2)")
    second = Site(folder / "second")
    status, said = second.run("restore", path)
    assert status == 0, said
    assert "shop: goes on exactly" in said
    with second.start("run_capture") as process:
        wait_until(lambda: "'[\"1\"]', '[\"2\"]'" in second.run("shell", "-c", COUNT)[1], patience=60)
        process.terminate()
    with Reader(Path(path)) as backup:
        assert [source["name"] for source in backup.manifest["sources"]] == ["shop"]
