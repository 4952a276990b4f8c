"""Passwords are revealed once, and change without cutting off anybody; roles keep the limits that they have."""

import re
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from psycopg import errors, sql

from replica.databases import addresses, credentials, holders, roles
from replica.databases.models import Replica
from replica.databases.provisioning import ensure_replica
from replica.exports.tasks import end_long_statements
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store", "clean_server")]
DAY = timedelta(days=1)


@pytest.fixture
def replica(organisation: Organisation, clean_server: None, store: str) -> Replica:
    return ensure_replica(organisation)


def url(replica: Replica, access: credentials.Access) -> str:
    return addresses.with_parts(replica.owner_url, user=access.user, password=access.password)


def password_in(page: str) -> str:
    [found] = re.findall(r'id="password">([^<]+)<', page)
    return str(found)


def works(address: str) -> bool:
    try:
        psycopg.connect(address).close()
    except psycopg.OperationalError:
        return False
    return True


class TestFirstPassword:
    def test_the_first_sync_makes_it_and_a_manager_sees_it_once(
        self, replica: Replica, manager_client: Client, reader_client: Client
    ) -> None:
        assert "Reveal" not in reader_client.get(reverse("databases:connection")).content.decode()
        assert reader_client.post(reverse("databases:reveal")).status_code == 403
        response = manager_client.post(reverse("databases:reveal"))
        password = password_in(response.content.decode())
        assert "no-store" in response["Cache-Control"]
        assert works(addresses.with_parts(replica.owner_url, user=replica.login_role, password=password))
        assert manager_client.post(reverse("databases:reveal")).status_code == 409
        assert Replica.objects.get().first_password == ""

    def test_it_is_stored_encrypted(self, replica: Replica) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT first_password FROM databases_replica")
            [(stored,)] = cursor.fetchall()
        assert replica.first_password
        assert replica.first_password not in stored

    def test_a_replica_from_before_gets_one_at_its_next_sync(
        self, replica: Replica, organisation: Organisation
    ) -> None:
        Replica.objects.filter(pk=replica.pk).update(first_password="")
        again = ensure_replica(Organisation.objects.get(pk=organisation.pk))
        access = credentials.reveal(again)
        assert works(url(again, access))
        assert ensure_replica(Organisation.objects.get(pk=organisation.pk)).first_password == ""
        assert works(url(again, access))


class TestRotation:
    def test_both_passwords_work_until_the_former_is_revoked(self, replica: Replica) -> None:
        old = credentials.reveal(replica)
        new = credentials.rotate(replica, timezone.now() + DAY)
        assert old.user != new.user
        with psycopg.connect(url(replica, old)) as before, psycopg.connect(url(replica, new)) as after:
            assert {holder.role for holder in holders.holders(replica)} == {old.user, new.user}
            credentials.revoke_former(replica)
            with pytest.raises(psycopg.OperationalError):
                before.execute("SELECT 1")
            assert after.execute("SELECT count(*) FROM session_metadata").fetchone() == (0,)
        assert not works(url(replica, old))

    def test_roles_take_turns(self, replica: Replica) -> None:
        users = [credentials.reveal(replica).user]
        for _ in range(3):
            users.append(credentials.rotate(replica, timezone.now() + DAY).user)
            credentials.revoke_former(replica)
        assert users == [replica.database, f"{replica.database}_b"] * 2

    def test_a_second_one_waits_for_the_first(self, replica: Replica) -> None:
        credentials.rotate(replica, timezone.now() + DAY)
        with pytest.raises(UserError, match="only two") as refused:
            credentials.rotate(replica, timezone.now() + DAY)
        assert refused.value.status == 409

    def test_the_former_ends_by_itself(self, replica: Replica) -> None:
        old = credentials.reveal(replica)
        credentials.rotate(replica, timezone.now() + DAY)
        with psycopg.connect(url(replica, old)) as session:
            end_long_statements(0)
            session.execute("SELECT 1")
            session.commit()
            with psycopg.connect(replica.owner_url) as owner:
                roles.limit_time(owner, old.user, timezone.now() - DAY)
            assert not works(url(replica, old))  # by the server's own clock, without a worker
            Replica.objects.update(former_until=timezone.now())
            end_long_statements(0)
            with pytest.raises(psycopg.OperationalError):
                session.execute("SELECT 1")
        assert Replica.objects.get().former_role == ""

    def test_a_role_cannot_lengthen_its_time(self, replica: Replica) -> None:
        old = credentials.reveal(replica)
        credentials.rotate(replica, timezone.now() + DAY)
        statement = sql.SQL("ALTER ROLE {} VALID UNTIL 'infinity'").format(sql.Identifier(old.user))
        with psycopg.connect(url(replica, old)) as attacker:
            attacker.execute("SET default_transaction_read_only = off")
            attacker.commit()
            with pytest.raises(errors.InsufficientPrivilege):
                attacker.execute(statement)

    def test_a_reset_cuts_off_both(self, replica: Replica) -> None:
        old = credentials.reveal(replica)
        new = credentials.rotate(replica, timezone.now() + DAY)
        with psycopg.connect(url(replica, old)) as before, psycopg.connect(url(replica, new)) as after:
            newest = credentials.reset(replica)
            for session in (before, after):
                with pytest.raises(psycopg.OperationalError):
                    session.execute("SELECT 1")
        assert [works(url(replica, one)) for one in (old, new, newest)] == [False, False, True]

    def test_a_role_that_somebody_else_made_is_not_taken_over(self, replica: Replica, server_url: str) -> None:
        with psycopg.connect(server_url) as server:
            server.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(roles.spare_role(replica))))
        with pytest.raises(UserError, match="did not make"):
            credentials.rotate(replica, timezone.now() + DAY)
        assert Replica.objects.get().former_role == ""

    def test_on_the_pages(self, replica: Replica, manager_client: Client, reader_client: Client) -> None:
        connection, rotate, revoke = (reverse(f"databases:{name}") for name in ("connection", "rotate", "revoke"))
        old = credentials.reveal(replica)
        assert reader_client.post(rotate, {"hours": "1"}).status_code == 403
        assert manager_client.post(rotate, {"hours": "9999"}).status_code == 400
        new = password_in(manager_client.post(rotate, {"hours": "24"}).content.decode())
        replica.refresh_from_db()
        assert works(addresses.with_parts(replica.owner_url, user=replica.login_role, password=new))
        with psycopg.connect(url(replica, old), application_name="nightly <job>"):
            page = manager_client.get(connection).content.decode()
            assert "nightly &lt;job&gt;" in page.partition("Cut off all tools")[2].partition("Revoke")[0]
            assert manager_client.post(revoke).status_code == 400
            assert works(url(replica, old))
            assert manager_client.post(revoke, {"confirmed": "on"}).status_code == 302
        assert not works(url(replica, old))


class TestLimits:
    """A role may change some of its settings for itself; they come back at a reset, and at the next sync."""

    CHANGES = (
        "ALTER ROLE {role} SET statement_timeout = 0",
        "ALTER ROLE {role} IN DATABASE {database} SET statement_timeout = 0",
        "ALTER ROLE {role} SET timezone = 'Asia/Tokyo'",
    )

    def loosened(self, replica: Replica) -> credentials.Access:
        access = credentials.reveal(replica)
        names = {"role": sql.Identifier(access.user), "database": sql.Identifier(replica.database)}
        with psycopg.connect(url(replica, access), autocommit=True) as reader:
            reader.execute("SET default_transaction_read_only = off")
            for change in self.CHANGES:
                reader.execute(sql.SQL(change).format(**names))
        with psycopg.connect(url(replica, access)) as reader:
            assert reader.execute("SHOW statement_timeout").fetchone() == ("0",)
        return access

    def shown(self, replica: Replica, access: credentials.Access) -> list[str]:
        with psycopg.connect(url(replica, access)) as reader:
            rows = [reader.execute(f"SHOW {name}".encode()).fetchone() for name in ("statement_timeout", "timezone")]
        return [row[0] for row in rows if row]

    def test_at_a_reset(self, replica: Replica) -> None:
        self.loosened(replica)
        timeout, zone = self.shown(replica, credentials.reset(replica))
        assert timeout == "1min"
        assert zone != "Asia/Tokyo"

    def test_at_a_sync_and_other_settings_stay(self, replica: Replica, organisation: Organisation) -> None:
        access = self.loosened(replica)
        ensure_replica(Organisation.objects.get(pk=organisation.pk))
        assert self.shown(replica, access) == ["1min", "Asia/Tokyo"]

    def test_the_number_of_connections_comes_back(self, replica: Replica, server_url: str) -> None:
        with psycopg.connect(server_url) as server:
            roles.limit_connections(server, replica.login_role, -1)
        access = credentials.reset(replica)
        open_ones = [psycopg.connect(url(replica, access)) for _ in range(5)]
        with pytest.raises(psycopg.OperationalError, match="too many connections"):
            psycopg.connect(url(replica, access))
        for one in open_ones:
            one.close()


HARMS = [
    "SELECT pg_advisory_lock(n) FROM generate_series(1, 100000) n",
    "SELECT pg_advisory_xact_lock_shared(1, 2)",
    "SELECT pg_try_advisory_lock(1)",
    "SELECT pg_cancel_backend(1)",
    "SELECT pg_terminate_backend(1)",
    "SELECT lo_creat(-1)",
    "SELECT pg_logical_emit_message(true, 'x', 'y')",
]


@pytest.fixture
def old_replica(replica: Replica) -> Replica:
    """A replica as it was made before: readers may call everything, and its tables have no comments."""
    with psycopg.connect(replica.owner_url, autocommit=True) as owner:
        everything = "SELECT oid::regprocedure::text FROM pg_proc WHERE proname ~ %s"
        for (function,) in owner.execute(everything, [f"^({roles.NOT_FOR_READERS})$"]).fetchall():
            owner.execute(f"GRANT EXECUTE ON FUNCTION {function} TO PUBLIC".encode())
        owner.execute("COMMENT ON TABLE user_flow IS NULL")
        owner.execute(sql.SQL("ALTER ROLE {} RESET temp_file_limit").format(sql.Identifier(replica.login_role)))
    return replica


@pytest.mark.parametrize("harm", HARMS)
def test_a_replica_from_before_is_closed_by_its_next_sync(
    harm: str, old_replica: Replica, organisation: Organisation
) -> None:
    ensure_replica(Organisation.objects.get(pk=organisation.pk))
    access = credentials.reset(old_replica)
    for address in (url(old_replica, access), old_replica.reader_url):
        with psycopg.connect(address, autocommit=True) as reader:
            reader.execute("SET default_transaction_read_only = off")
            with pytest.raises(errors.InsufficientPrivilege):
                reader.execute(harm.encode())


def test_its_temporary_files_and_comments_come_too(
    old_replica: Replica, organisation: Organisation, new_database: Callable[..., str]
) -> None:
    access = credentials.reveal(old_replica)
    ensure_replica(Organisation.objects.get(pk=organisation.pk))
    with psycopg.connect(url(old_replica, access)) as reader:
        assert reader.execute("SHOW temp_file_limit").fetchone() == ("10GB",)
        row = reader.execute("SELECT obj_description('user_flow'::regclass, 'pg_class')").fetchone()
    assert row
    assert row[0].startswith("USER_FLOW_METADATA: ")
