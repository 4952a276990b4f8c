"""An address that somebody entered carries no secret of this machine to the server that it names."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from adbc_driver_manager import Error as ColumnsError
from adbc_driver_postgresql import dbapi
from psycopg.conninfo import conninfo_to_dict

from statetrace_ui.addresses import PROTECTION, Address, BadAddress, parse, protected
from tests.fake_server import Ask, FakeServer, ask_for_md5, ask_for_nothing, ask_in_clear, fake_server

GOOD = "postgresql://reader:secret@db.example.com:5433/theirs?sslmode=verify-full"
Connect = Callable[[str], object]
DRIVERS = pytest.mark.parametrize("connect", [psycopg.connect, dbapi.connect], ids=["psycopg", "adbc"])


def test_an_address_is_read_and_written_anew() -> None:
    address = parse(GOOD)
    assert address == Address("db.example.com", "theirs", "reader", "secret", 5433, "verify-full")
    assert parse(address.url()) == address
    assert "secret" not in repr(address)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("postgresql://u:p@h/d", Address("h", "d", "u", "p")),
        ("  host=h dbname=d user=u password=p\n", Address("h", "d", "u", "p")),
        ("postgresql://u:p@[::1]:1/d", Address("::1", "d", "u", "p", 1)),
        ("postgresql://u%2F:p%40%3A@h/d%3Fe", Address("h", "d?e", "u/", "p@:")),
        ("postgresql://ü:'\\@h/d%20b", Address("h", "d b", "ü", "'\\")),
    ],
)
def test_any_form_leads_to_the_same_parts(text: str, address: Address) -> None:
    assert parse(text) == address
    given = conninfo_to_dict(address.url())
    parts = [given[name] for name in ("host", "dbname", "user", "password", "port")]
    assert parts == [address.host, address.database, address.user, address.password, str(address.port)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "postgresql://",
        "postgresql://u:p@/d",
        "postgresql://u:p@/d?host=/run/postgresql",
        "postgresql://u:p@/d?host=@abstract",
        "postgresql://u:p@a,b/d",
        "postgresql://u:p@a:1,b:2/d",
        "postgresql://u:p@h:1,2/d",
        "postgresql://u:p@h:0/d",
        "postgresql://u:p@h:65536/d",
        "postgresql://u@h/d",
        "postgresql://:p@h/d",
        "postgresql://u:p@h",
        "postgresql://u:p@h/d?sslmode=maybe",
        "postgresql://u:p@h%0a/d",
        "postgresql://u:p@h%ff/d",
        "postgresql://u:p@h/\ud800",
    ],
)
def test_what_does_not_name_one_server_and_one_role_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        parse(text)


@pytest.mark.parametrize(
    "part",
    [
        "hostaddr=127.0.0.1",
        "passfile=/home/x/.pgpass",
        "service=x",
        "sslkey=/k",
        "sslcert=/c",
        "sslrootcert=/r",
        "options=-cfsync",
        "require_auth=none",
        "require_auth=md5",
        "gssencmode=require",
        "sslcertmode=allow",
        "krbsrvname=x",
        "replication=database",
        "sslkeylogfile=/tmp/x",
        "requirepeer=x",
        "oauth_issuer=x",
        "connect_timeout=999",
        "target_session_attrs=any",
        "application_name=x",
        "client_encoding=x",
    ],
)
def test_other_parts_are_refused_by_name_and_without_their_value(part: str) -> None:
    name, _, value = part.partition("=")
    with pytest.raises(BadAddress, match=f"must not hold {name}") as refused:
        parse(f"postgresql://u:unguessable@h/d?{part}")
    assert "unguessable" not in str(refused.value)
    assert f"={value}" not in str(refused.value)


def test_the_operators_authorities_are_named_where_there_are_any() -> None:
    assert conninfo_to_dict(parse(GOOD).url("/etc/our ca.pem"))["sslrootcert"] == "/etc/our ca.pem"
    assert "sslrootcert" not in conninfo_to_dict(parse(GOOD).url())


def test_an_operators_own_address_keeps_its_parts_and_gets_the_protection() -> None:
    parts = conninfo_to_dict(protected("postgresql://u:p@/d?host=/run/x&application_name=y&hostaddr=1.2.3.4"))
    assert parts == PROTECTION | {
        "host": "/run/x",
        "user": "u",
        "password": "p",
        "dbname": "d",
        "application_name": "y",
        "port": "5432",
        "sslmode": "prefer",
    }


class TestOnASocket:
    """The attacks, against a server that wants more than it should get."""

    @pytest.fixture(autouse=True)
    def secrets_of_this_machine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        passwords = tmp_path / "pgpass"
        passwords.write_text("*:*:*:*:of another tool\n")
        passwords.chmod(0o600)
        monkeypatch.setenv("PGPASSFILE", str(passwords))
        monkeypatch.setenv("PGPASSWORD", "of the operator")
        monkeypatch.setenv("PGREQUIREAUTH", "password,none,md5")
        monkeypatch.setenv("PGHOSTADDR", "127.0.0.2")
        monkeypatch.setenv("PGOPTIONS", "-c from.environment=1")

    def url(self, server: FakeServer) -> str:
        return parse(f"postgresql://reader:entered@127.0.0.1:{server.port}/theirs").url()

    @DRIVERS
    @pytest.mark.parametrize("ask", [ask_in_clear, ask_for_md5, ask_for_nothing])
    def test_no_password_is_told_and_none_is_dispensed_with(self, ask: Ask, connect: Connect) -> None:
        with fake_server(ask) as server:
            with pytest.raises((psycopg.OperationalError, ColumnsError)):
                connect(self.url(server))
            assert server.startups  # the client was there: PGHOSTADDR did not lead it elsewhere
            assert not [word for word in server.heard if word != "let in without a password"]
            assert all(b"from.environment" not in startup for startup in server.startups)

    @DRIVERS
    def test_an_unprotected_address_gives_them_away(self, connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the protection is against: this server is as greedy as the attack needs it."""
        monkeypatch.delenv("PGPASSWORD")
        monkeypatch.delenv("PGHOSTADDR")
        with fake_server(ask_in_clear) as server:
            with pytest.raises((psycopg.OperationalError, ColumnsError)):
                connect(f"postgresql://app@db.internal:{server.port}/x?hostaddr=127.0.0.1&sslmode=disable")
            assert server.heard == ["of another tool"]
