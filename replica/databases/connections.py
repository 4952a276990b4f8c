"""How pages reach an organisation's replica: a Django alias for each address, registered when it is first needed.

Nothing here writes: whatever address is stored is used as it is (`provisioning.follow_servers` corrects addresses).
"""

import hashlib
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import OperationalError, connections
from django.db.backends.postgresql.base import DatabaseWrapper

from replica.databases import identity, shapes
from replica.databases.deadlines import STATEMENT_SECONDS, DeadlineConnection
from replica.databases.models import Replica
from replica.databases.server import LIVELINESS
from replica.databases.timestamps import read_leniently
from replica.schema.stand_ins import StandingIn, shape_statement
from statetrace_ui import env
from statetrace_ui.addresses import BadAddress
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

OPTIONS = {
    "options": f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_SECONDS}s",
    "connect_timeout": 3,
    "application_name": "statetrace-pages",
    **LIVELINESS,
    "pool": {
        "min_size": 0,
        "max_size": 4,
        "timeout": 4,
        "reconnect_timeout": 3,
        "connection_class": DeadlineConnection,
    },
}


SHARE_SECONDS = 1  # a page waits for a thread of its organisation's share, for bursts pass
FULL_SECONDS = 5  # but not so soon after another has waited in vain: who waits holds a thread that others need


@dataclass
class Share:
    """The threads of an organisation. full_at: when a page last waited in vain, by the monotonic clock."""

    free: BoundedSemaphore
    full_at: float = -math.inf

    @property
    def patience(self) -> float:
        """How many seconds a page may wait now."""
        return 0 if time.monotonic() - self.full_at < FULL_SECONDS else SHARE_SECONDS


_shares: dict[int, Share] = {}


class NoReplica(UserError):
    """The organisation has no replica database yet; its first sync makes one."""

    def __init__(self) -> None:
        super().__init__(
            "Your organisation has no replica database yet.",
            "It is made by the first sync: import a session, then start a sync under Exports.",
            status=404,
        )


def alias_for(organisation: Organisation) -> str:
    """The alias of the organisation's replica. It is connected already, so that a page fails here and not half-way.

    Raises NoReplica (404) if there is none yet, and a UserError (503) if it does not answer; both say what to do.
    """
    replica = _replica(organisation)
    url = _reading_url(replica)
    # Another address (a new password, a new server) gets another alias: threads share a pool, which must not change.
    prefix = f"replica_{replica.pk}_"
    alias = register(prefix + hashlib.sha256(url.encode()).hexdigest()[:12], url)
    _close_pools_of_old_addresses(prefix, alias)
    try:
        connections[alias].ensure_connection()
        if not replica.owner_url:
            _require_foreign(alias)
        _expect_gaps(alias, url)
    except OperationalError:
        raise UserError(
            "Your organisation's replica database does not answer.",
            "Try again in a minute. If it stays so, ask whoever runs this dashboard to look at the replica's server.",
            status=503,
        ) from None
    return alias


@contextmanager
def share_of_threads(organisation: Organisation) -> Iterator[None]:
    """Hold one of the threads that an organisation's pages may have while they read its replica.

    A replica that is slow then holds up its own organisation, and not the site. Raises a UserError (503) if all are
    taken.
    """
    most = max(1, settings.WEB_THREADS * 3 // 4)
    share = _shares.setdefault(organisation.pk, Share(BoundedSemaphore(most)))
    if not share.free.acquire(timeout=share.patience):
        share.full_at = time.monotonic()
        raise UserError(
            "Too many pages of your organisation wait for its replica database.", "Try again in a minute.", status=503
        )
    try:
        yield
    finally:
        share.free.release()


def _expect_gaps(alias: str, url: str) -> None:
    """Let what the replica lacks count as empty in all that this thread reads by the alias from now on."""
    connection = connections[alias]
    read_leniently(connection.connection)

    def ask() -> list[shapes.ShapeRow]:
        connection.execute_wrappers.clear()
        with connection.cursor() as cursor:
            cursor.execute(shape_statement())
            return list(cursor.fetchall())

    missing = shapes.missing_of(url, ask)
    connection.execute_wrappers[:] = [StandingIn(missing)] if missing else []


def register(alias: str, url: str) -> str:
    """Make `alias` name the database of `url` from now on; an alias that exists already stays as it is."""
    if alias not in connections.settings:
        new = env.database(url, "the replica's address")
        new["OPTIONS"] |= OPTIONS
        new["CONN_HEALTH_CHECKS"] = True  # a restarted server leaves dead connections in the pool
        configured = connections.configure_settings({"default": {}, alias: new})[alias]
        # A new dictionary, since other threads may be iterating over the old one.
        connections.settings = {**connections.settings, alias: configured}
    return alias


def _reading_url(replica: Replica) -> str:
    try:
        return replica.reading_url
    except BadAddress:
        raise UserError(
            "The stored address of your organisation's replica is not taken any more.",
            "Enter it again on the admin site, under Replicas.",
            status=503,
        ) from None


def _require_foreign(alias: str) -> None:
    """Ask each new connection which database it leads to: names and servers change. Raises OwnDatabase."""
    wrapper = connections[alias]
    if wrapper.connection.is_foreign:
        return
    try:
        with wrapper.cursor() as cursor:
            identity.require_foreign(identity.ask(cursor))
    except identity.OwnDatabase:
        wrapper.connection.close()  # the pool does not keep a connection that is closed
        wrapper.close()
        raise
    wrapper.connection.is_foreign = True


def _close_pools_of_old_addresses(prefix: str, alias: str) -> None:
    """End the connections to where the replica was before. Those in use are closed when they are given back."""
    pools: dict[str, Any] = DatabaseWrapper._connection_pools  # type: ignore[attr-defined]
    for old in [name for name in list(pools) if name.startswith(prefix) and name != alias]:
        pool = pools.pop(old, None)
        if pool:
            pool.close(timeout=0)


def _replica(organisation: Organisation) -> Replica:
    try:
        replica: Replica = organisation.replica
    except ObjectDoesNotExist:
        replica = Replica()
    if not replica.reader_url:
        raise NoReplica
    return replica
