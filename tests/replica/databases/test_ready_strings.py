"""The strings for tools are taken by what reads them, and hold no password."""

import shlex
from pathlib import Path

import psycopg
import pytest
import sqlalchemy

from replica.databases import credentials
from replica.databases.models import Replica
from replica.databases.provisioning import ensure_replica
from replica.databases.ready_strings import ready_strings
from statetrace_ui.web.models import Organisation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store", "clean_server")]
AWAY = credentials.Access("db.example.com", "5433", "replica_acme_7", "replica_acme_7", 5)


@pytest.fixture
def replica(organisation: Organisation, clean_server: None, store: str) -> Replica:
    return ensure_replica(organisation)


def strings(access: credentials.Access, mode: str) -> dict[str, str]:
    return {one.slug: one.text for one in ready_strings(access, mode)}


def test_psql_and_sqlalchemy_connect(replica: Replica, monkeypatch: pytest.MonkeyPatch) -> None:
    access = credentials.reveal(replica)
    made = strings(access, "")
    assert access.password not in str(made)
    _, conninfo = shlex.split(made["psql"])
    psycopg.connect(conninfo, password=access.password).close()
    monkeypatch.setenv("PGPASSWORD", access.password)
    engine = sqlalchemy.create_engine(made["sqlalchemy"], poolclass=sqlalchemy.NullPool)
    with engine.connect() as connection:
        assert connection.execute(sqlalchemy.text("SELECT count(*) FROM user_flow")).scalar() == 0


def test_over_a_network_each_names_the_ssl_mode() -> None:
    made = strings(AWAY, "verify-full")
    assert sorted(made) == ["duckdb", "jdbc", "psql", "sqlalchemy"]
    assert all("sslmode=verify-full" in text and "db.example.com" in text for text in made.values())
    assert made["jdbc"].startswith("jdbc:postgresql://db.example.com:5433/replica_acme_7?")


def test_a_socket_is_no_address_for_jdbc(tmp_path: Path) -> None:
    made = strings(credentials.Access(str(tmp_path), "5432", "d", "u", 5), "")
    assert sorted(made) == ["duckdb", "psql", "sqlalchemy"]
    assert "sslmode" not in str(made)
