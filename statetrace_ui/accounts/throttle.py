"""How often a password may be tried. Kept in the database, so that it holds for all processes and machines at once.

An attempt is counted before the password is looked at, under a lock: attempts at the same time cannot slip past each
other, and one that must wait costs no hashing. A right password takes its own count back.

Three limits stand beside each other. That for a name from one address is strict. That for an address, whatever the
names, lets an office behind one address live. That for a name, from wherever, is gentle: it must not be a way to lock
somebody out. A browser in which this person has signed in before (`devices.py`) is held by none of these but has a
strict limit of its own, so that attempts from elsewhere never keep its owner waiting.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from statetrace_ui.accounts.client_address import network
from statetrace_ui.accounts.models import PasswordAttempts

FORGOTTEN_AT_ONCE = 100


@dataclass(frozen=True)
class Limit:
    """`free` failures without waiting, then 1, 2, 4 … s up to `longest`; one is forgotten every `leak` seconds."""

    free: int
    longest: int
    leak: int

    @property
    def most(self) -> int:
        """The count at which waiting grows no longer, beyond which nothing is counted."""
        return self.free + math.ceil(math.log2(self.longest))

    def pause(self, failures: float) -> timedelta:
        beyond = math.ceil(failures) - self.free
        return timedelta(seconds=min(2**beyond, self.longest)) if beyond >= 0 else timedelta()


STRICT = Limit(free=5, longest=900, leak=900)
ADDRESS = Limit(free=20, longest=900, leak=60)
DATABASE = Limit(free=10, longest=900, leak=120)
DATABASES = Limit(free=40, longest=900, leak=60)
NAME = Limit(free=50, longest=60, leak=60)


class MustWait(Exception):
    """Too many attempts failed. until: when the next one is allowed."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until

    @property
    def seconds(self) -> int:
        return max(1, math.ceil((self.until - timezone.now()).total_seconds()))


@dataclass(frozen=True)
class Counter:
    """What is counted by itself. ends: whether a right password ends the count, or only takes itself back."""

    key: str
    limit: Limit
    ends: bool = False


def counters(name: str, address: str | None, device: str | None) -> list[Counter]:
    """What an attempt to sign in counts for. device: the browser's mark, if this name has signed in there before."""
    if device:
        return [Counter(_key("device", device), STRICT, ends=True)]
    by_name = Counter(_key("name", name), NAME)
    if address is None:
        return [by_name]
    where = network(address)
    return [Counter(_key("pair", name, where), STRICT, ends=True), Counter(_key("address", where), ADDRESS), by_name]


def own_password(person: int) -> list[Counter]:
    """What an attempt to change one's own password counts for."""
    return [Counter(_key("own", str(person)), STRICT, ends=True)]


def second_factor(person: int) -> list[Counter]:
    """What an attempt at a person's second factor counts for, whose password was right."""
    return [Counter(_key("factor", str(person)), STRICT, ends=True)]


def recovery(who: str, address: str | None) -> list[Counter]:
    """What asking for a link to a new password counts for: nobody's mailbox is to be filled."""
    return [Counter(_key("recovery", who.lower()), STRICT), Counter(_key("recoveries", network(address)), ADDRESS)]


def unknown_token(address: str | None) -> list[Counter]:
    """What a call of the API with a wrong token counts for; all that come by a Unix socket count as one."""
    return [Counter(_key("token", network(address)), ADDRESS)]


def unknown_invitation(address: str | None) -> list[Counter]:
    """What opening the link of an invitation that does not exist counts for."""
    return [Counter(_key("invitation", network(address)), ADDRESS)]


def database_tests(person: int, organisation: int) -> list[Counter]:
    """What an attempt to reach a database counts for, whose address somebody entered."""
    whole = Counter(_key("databases", str(organisation)), DATABASES)
    return [Counter(_key("database", str(person)), DATABASE), whole]


def _key(kind: str, *parts: str) -> str:
    # A digest: what is typed as a name may be a password.
    return f"{kind}:{salted_hmac('statetrace.throttle', repr((kind, *parts)), algorithm='sha256').hexdigest()}"


def count(of: Sequence[Counter]) -> None:
    """Count an attempt that is about to be made. Raises MustWait, and counts nothing, if one of them must wait."""
    with transaction.atomic():
        rows = _locked(of)
        now = timezone.now()  # after the locks, for which this attempt may have waited
        blocked = [row.blocked_until for row in rows.values() if row.blocked_until and row.blocked_until > now]
        if blocked:
            raise MustWait(max(blocked))  # which also undoes the rows that were made for it
        for counter in of:
            row = rows[counter.key]
            _set(row, counter.limit, _left(row, counter.limit, now) + 1, now)
    _forget(now)


def succeeded(of: Sequence[Counter]) -> None:
    """The attempt that was counted had the right password."""
    with transaction.atomic():
        rows = _locked(of)
        for counter in of:
            row = rows[counter.key]
            if counter.ends:
                row.delete()
            else:
                _set(row, counter.limit, max(0.0, row.failures - 1), row.counted_at)


def _locked(of: Sequence[Counter]) -> dict[str, PasswordAttempts]:
    keys, now = sorted(counter.key for counter in of), timezone.now()
    new = [PasswordAttempts(key=key, counted_at=now, expires_at=now) for key in keys]
    rows: dict[str, PasswordAttempts] = {}
    while len(rows) < len(keys):  # another attempt may remove a row between the two statements
        PasswordAttempts.objects.bulk_create(new, ignore_conflicts=True)
        # In order, so that two attempts never wait for each other.
        found = PasswordAttempts.objects.select_for_update().filter(key__in=keys).order_by("key")
        rows = {row.key: row for row in found}
    return rows


def _left(row: PasswordAttempts, limit: Limit, now: datetime) -> float:
    passed = max(0.0, (now - row.counted_at).total_seconds())  # another machine's clock may be ahead
    return max(0.0, row.failures - passed / limit.leak)


def _set(row: PasswordAttempts, limit: Limit, failures: float, at: datetime) -> None:
    row.failures = min(failures, float(limit.most))
    row.counted_at = at
    row.blocked_until = at + limit.pause(failures)
    row.expires_at = max(row.blocked_until, at + timedelta(seconds=row.failures * limit.leak))
    row.save()


def _forget(now: datetime) -> None:
    """Remove rows that no longer say anything. Each attempt makes three at most, so these do not pile up."""
    old = PasswordAttempts.objects.filter(expires_at__lt=now).order_by("expires_at")
    locked = old.select_for_update(skip_locked=True).values("pk")[:FORGOTTEN_AT_ONCE]
    PasswordAttempts.objects.filter(pk__in=locked).delete()
