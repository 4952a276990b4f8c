"""What the URL of a source may hold, and where it may lead."""

import io
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from statetrace_ui.embedded import database_url
from statetrace_ui.history.models import Source
from statetrace_ui.wal.connection import SourceError, connect
from tests.fake_server import Ask, ask_for_md5, ask_for_nothing, ask_in_clear, fake_server
from tests.statetrace_ui.capture.test_add_source import left_behind, refused
from tests.statetrace_ui.conftest import Audited


@pytest.mark.parametrize(
    "part",
    ["options=-csearch_path%3Dpublic", "hostaddr=127.0.0.1", "passfile=/etc/passwd", "service=x", "sslkey=/etc/key"],
)
def test_a_part_that_is_not_taken_is_named(audited: Audited, part: str) -> None:
    name, _, value = part.partition("=")
    said = refused("shop", f"postgresql://user:secret@localhost/shop?{name}={value}")
    assert f"must not hold {name}: only host, port" in said
    assert "secret" not in said
    assert left_behind(audited) == []


@pytest.mark.parametrize(
    ("url", "missing"),
    [
        ("postgresql:///shop", "host"),
        ("postgresql://localhost/shop", "user"),
        ("postgresql://user@localhost/shop", "password"),
    ],
)
def test_what_libpq_would_take_from_the_environment_must_be_given(audited: Audited, url: str, missing: str) -> None:
    assert f"holds no {missing}" in refused("shop", url)


def test_the_dashboards_own_database_is_no_source(audited: Audited) -> None:
    own = database_url(settings.REPLICA_SERVER_URL, connection.settings_dict["NAME"])
    assert "leads to the dashboard's own database" in refused("shop", own)
    assert not Source.objects.exists()


def test_a_certificate_authority_may_be_given(audited: Audited, tmp_path: Path) -> None:
    """It does not matter on a socket, but it is read: an empty file is none."""
    (tmp_path / "ca.pem").touch()
    url = make_conninfo(audited.url, sslrootcert=str(tmp_path / "ca.pem"), sslmode="verify-full")
    call_command("add_source", "shop", url, stdout=io.StringIO())
    assert "sslrootcert" in Source.objects.get().url


def test_no_password_is_taken_from_a_file(audited: Audited, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    passwords = tmp_path / "pgpass"
    passwords.write_text(f"*:*:*:*:{audited.connection.info.password}\n")
    passwords.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    without = make_conninfo(**{**conninfo_to_dict(audited.url), "password": None})  # type: ignore[arg-type]
    psycopg.connect(without).close()  # such files serve other programs
    with pytest.raises(SourceError, match="no password supplied"):
        connect(without)


@pytest.mark.parametrize("ask", [ask_in_clear, ask_for_md5, ask_for_nothing])
def test_a_server_that_does_not_prove_itself_gets_no_password(ask: Ask) -> None:
    with fake_server(ask) as server:
        with pytest.raises(SourceError, match="cannot be reached"):
            connect(f"postgresql://statetrace:secret@127.0.0.1:{server.port}/shop")
        assert server.startups
        assert server.heard in ([], ["let in without a password"])
