"""Tokens: made, found, revoked. A token is shown once; kept are its beginning and the SHA-256 of the whole.

256 random bits need no slow hash: nobody can try them out.
"""

import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta
from hmac import compare_digest
from itertools import islice
from typing import Any

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from statetrace_ui.accounts.security_log import Event, record
from statetrace_ui.api.models import Token
from statetrace_ui.api.scopes import Scope, permits
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Membership, Organisation

MARK = "stt"  # begins every token, so that scanners of source code recognise one
DEFAULT_DAYS, MOST_DAYS = 90, 366
MOST_TOKENS = 50
# Each request reads these. To have Django write the same statement each time takes longer than to carry it out.
PARTS: dict[Any, list[str]] = {
    model: [field.attname for field in model._meta.concrete_fields] for model in (Token, Membership, User, Organisation)
}
KNOWN = f"""
SELECT {", ".join(f'{model._meta.db_table}."{name}"' for model, names in PARTS.items() for name in names)}
FROM {Token._meta.db_table}
JOIN {Membership._meta.db_table} ON {Membership._meta.db_table}.id = {Token._meta.db_table}.membership_id
JOIN {User._meta.db_table} ON {User._meta.db_table}.id = {Membership._meta.db_table}.user_id
JOIN {Organisation._meta.db_table} ON {Organisation._meta.db_table}.id = {Membership._meta.db_table}.organisation_id
WHERE {Token._meta.db_table}.prefix = %s
"""  # noqa: S608 - of names that models have
NOTED_EVERY = timedelta(minutes=1)  # no request costs a write of its token more often


def make(membership: Membership, name: str, scopes: Collection[Scope], days: int = DEFAULT_DAYS) -> tuple[Token, str]:
    """A new token, and its text, which nobody can show again. Raises UserError for scopes beyond the person's role."""
    beyond = [scope.value for scope in scopes if not permits(membership, scope)]
    if beyond:
        raise UserError(f"{membership.user} may not have {', '.join(beyond)}.", "Ask a manager for another role.")
    if membership.tokens.count() >= MOST_TOKENS:
        raise UserError(f"{membership.user} has {MOST_TOKENS} tokens already.", "Revoke one that is not needed.")
    prefix = secrets.token_hex(6)
    text = f"{MARK}_{prefix}_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        token = membership.tokens.create(
            name=name,
            prefix=prefix,
            digest=_digest(text),
            scopes=[scope.value for scope in Scope if scope in scopes],
            expires_at=timezone.now() + timedelta(days=days),
        )
        _record(Event.TOKEN_MADE, token)
    return token, text


def find(text: str) -> Token | None:
    """The token with that text, good or not; None if there is none."""
    mark, _, rest = text.partition("_")
    prefix, _, _ = rest.partition("_")
    if mark != MARK or not prefix.isalnum():
        return None
    known = _known(prefix)
    # As long for one wrong character as for all of them.
    return known if known and compare_digest(known.digest, _digest(text)) else None


def _known(prefix: str) -> Token | None:
    """The token with its membership, person and organisation, as they are now: each request asks anew."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [prefix])
        row = cursor.fetchone()
    if row is None:
        return None
    values = iter(row)
    token, membership, user, organisation = (
        model.from_db(connection.alias, names, list(islice(values, len(names)))) for model, names in PARTS.items()
    )
    membership.user, membership.organisation = user, organisation
    token.membership = membership
    found: Token = token
    return found


def text_of(authorization: str) -> str:
    """The token's text in the header of a request; '' if there is none."""
    scheme, _, text = authorization.partition(" ")
    return text.strip() if scheme.lower() == "bearer" else ""


def good(authorization: str) -> Token | None:
    """The token in the header of a request, if it may be used now."""
    token = find(text_of(authorization))
    return token if token and token.is_good else None


def note_use(token: Token) -> None:
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at <= now - NOTED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lte=now - NOTED_EVERY)
        Token.objects.filter(stale, pk=token.pk).update(last_used_at=now)


def seen_by(membership: Membership) -> QuerySet[Token]:
    """One's own tokens; a manager's are all of the organisation."""
    tokens = Token.objects.select_related("membership__user", "membership__organisation")
    of_all = {"membership__organisation": membership.organisation_id}
    return tokens.filter(**of_all if membership.may_manage else {"membership": membership}).order_by("-made_at", "-id")


def revoke(token: Token) -> None:
    with transaction.atomic():
        _record(Event.TOKEN_REVOKED, token)
        token.delete()


def _record(event: Event, token: Token) -> None:
    membership = token.membership
    subject = f"{token} of {membership.user}: {', '.join(token.scopes)}"
    record(event, subject, organisation=membership.organisation)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()
