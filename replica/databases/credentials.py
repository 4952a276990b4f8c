"""The organisation's own access to its replica: its address, and passwords, each of which is shown once.

A password is stored nowhere once somebody has seen it: the server keeps its SCRAM verifier. The first one is made by
the first sync, and kept encrypted until then. A rotation gives a password to the organisation's other login role, so
that both work for a while and no tool is cut off.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import psycopg
from django.db import transaction
from django.utils import timezone

from replica.databases import addresses, roles
from replica.databases.holders import is_over
from replica.databases.models import Replica
from replica.databases.server import Connection, connect, new_password, set_password
from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.web.errors import UserError

IS_MEMBER = "SELECT pg_has_role(%s, %s, 'MEMBER')"


@dataclass(frozen=True)
class Access:
    """How a tool connects. `password` is empty, except right after it was made or revealed."""

    host: str
    port: str
    database: str
    user: str
    limit: int
    password: str = field(default="", repr=False)

    @property
    def is_local(self) -> bool:
        """Whether the server listens on a socket of its own machine alone, as the embedded one does."""
        return self.host.startswith("/")

    @property
    def psql(self) -> str:
        """A command that asks for the password instead of showing it in the shell's history."""
        return f'psql "host={self.host} port={self.port} dbname={self.database} user={self.user}"'


def access(replica: Replica, password: str = "") -> Access:
    return Access(
        host=addresses.part_of(replica.owner_url, "host", "localhost"),
        port=addresses.part_of(replica.owner_url, "port", "5432"),
        database=replica.database,
        user=replica.login_role,
        limit=replica.connection_limit,
        password=password,
    )


def reveal(replica: Replica) -> Access:
    """The password that the first sync made; it is forgotten with this. Raises a UserError (409) the second time."""
    with transaction.atomic():
        locked = Replica.objects.select_for_update().get(pk=replica.pk)
        password = locked.first_password
        if not password:
            raise UserError(
                "The first password was revealed already, or none was made yet.",
                "Ask whoever revealed it, or make another by a rotation.",
                status=409,
            )
        locked.first_password, locked.credentials_reset_at = "", timezone.now()
        locked.save(update_fields=["first_password", "credentials_reset_at"])
        record(Event.CREDENTIALS_REVEALED, f"role {locked.login_role}", organisation=locked.organisation)
    replica.refresh_from_db()
    return access(replica, password)


def reset(replica: Replica) -> Access:
    """Set a new password and end all sessions of the organisation; a role of a rotation before is closed, too.

    Raises a UserError (503) if the server does not answer or refuses; the old password then still holds.
    """
    password = new_password()
    with _changing(replica, ends=roles.login_roles(replica)) as (locked, server):
        roles.make_login_role(server, locked, locked.login_role)  # with the limits that it may have changed
        set_password(server, locked.login_role, password)
        _close_former(server, locked)
        locked.first_password, locked.credentials_reset_at = "", timezone.now()
        record(Event.CREDENTIALS_RESET, f"role {locked.login_role}", organisation=locked.organisation)
    return access(replica, password)


def rotate(replica: Replica, former_until: datetime) -> Access:
    """Give a password to the organisation's other login role; the present one works until then.

    Raises a UserError: 409 while the role before still works, 503 as above.
    """
    password = new_password()
    with _changing(replica) as (locked, server):
        if locked.former_role:
            raise UserError(
                f"The role {locked.former_role} of the last rotation still works, and there are only two.",
                "Revoke it first.",
                status=409,
            )
        spare, former = roles.spare_role(locked), locked.login_role
        _require_own(server, locked, spare)
        roles.make_login_role(server, locked, spare)
        set_password(server, spare, password)
        roles.limit_time(server, former, former_until)
        locked.login_role, locked.former_role, locked.former_until = spare, former, former_until
        locked.first_password, locked.credentials_reset_at = "", timezone.now()
        record(Event.CREDENTIALS_RESET, f"rotation from {former} to {spare}", organisation=locked.organisation)
    return access(replica, password)


def revoke_former(replica: Replica) -> None:
    """Close the role of before the last rotation, and end its sessions. Raises a UserError (503) as above."""
    with _changing(replica, ends=[replica.former_role]) as (locked, server):
        record(Event.CREDENTIALS_RESET, f"role {locked.former_role} closed", organisation=locked.organisation)
        _close_former(server, locked)


def revoke_if_over(replica: Replica) -> None:
    """Close the role of before the last rotation if its time is over. Raises a UserError (503) as above."""
    if is_over(replica):
        revoke_former(replica)


@contextmanager
def _changing(replica: Replica, ends: Sequence[str] = ()) -> Iterator[tuple[Replica, Connection]]:
    """The replica's row, locked, and its server, to change both or neither; nobody else changes them meanwhile.

    The server commits first: should the dashboard's own database then fail, nobody has seen the new password. Sessions
    of the roles in `ends` are ended in the end, when none can begin any more by the old password.
    """
    try:
        with transaction.atomic():
            locked = Replica.objects.select_for_update().get(pk=replica.pk)
            with connect(locked.owner_url) as server:
                with server.transaction():
                    yield locked, server
                roles.end_sessions(server, list(ends))
            locked.save()
    except psycopg.Error:
        raise UserError(
            "The password was not changed: the replica's server does not answer, or refuses.",
            "Try again in a minute; the old password still holds.",
            status=503,
        ) from None
    replica.refresh_from_db()


def _close_former(server: Connection, locked: Replica) -> None:
    if locked.former_role:
        roles.close_role(server, locked.former_role)
    locked.former_role, locked.former_until = "", None


def _require_own(server: Connection, replica: Replica, role: str) -> None:
    """Refuse to take over a role that somebody else made by that name."""
    if not roles.has_role(server, [role]):
        return
    row = server.execute(IS_MEMBER, [role, roles.group_role(replica)]).fetchone()
    if not (row and row[0]):
        raise UserError(
            f"The server has a role called {role} already, which this dashboard did not make.",
            "Ask whoever runs the server to rename it.",
            status=409,
        )
