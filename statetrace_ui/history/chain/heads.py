"""Heads of chains, to be kept where whoever can write to the database cannot: in files, or in a mailbox.

A chain of which the key and the database are in the same hands can be made anew as a whole; it then lacks the heads.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection

from statetrace_ui.history.chain.judge import time_of
from statetrace_ui.history.chain.links import newest
from statetrace_ui.history.models import Source
from statetrace_ui.web.errors import UserError

FORMAT = "one JSON object a line, as `chain_heads` writes them"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link of a chain: its number, its time in words, its digest in hexadecimal digits."""

    number: int
    at: str
    digest: str


def head_of(source_id: int) -> Head | None:
    """None of a source that has no chain yet."""
    with connection.cursor() as cursor:
        link = newest(cursor, source_id)
    return Head(link.number, time_of(link), link.digest.hex()) if link else None


def head_lines(sources: Iterable[Source]) -> Iterator[str]:
    """A line of JSON for each source that has a chain."""
    for source in sources:
        if head := head_of(source.pk):
            told = {"source": source.pk, "organisation": source.organisation.slug, "name": source.name}
            yield json.dumps({**told, "link": head.number, "at": head.at, "digest": head.digest})


def read_heads(text: str, source_id: int) -> dict[int, str]:
    """{number of a link: its digest} of the heads of one source, from files or mails that `head_lines` filled.

    Raises UserError if there is none of this source, or a line is something else.
    """
    found: dict[int, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            head = _head(line, number)
            if head["source"] == source_id:
                found[head["link"]] = head["digest"]
    if not found:
        raise UserError("The file has no head of this source.", "Name a file that `chain_heads` wrote for it.")
    return found


def _head(line: str, number: int) -> dict[str, Any]:
    try:
        head = json.loads(line)
        if isinstance(head["source"], int) and isinstance(head["link"], int) and isinstance(head["digest"], str):
            return dict(head)
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    raise UserError(f"Line {number} of the file is not a head.", f"It must have {FORMAT}.")


def mail_heads(lines: Sequence[str], addresses: Sequence[str]) -> None:
    """Send the lines as a file. Raises UserError if no mail server is set, or it refuses."""
    if not settings.EMAIL_HOST:
        raise UserError("No mail server is set.", "Set MAIL_HOST; docs/settings.md explains it.")
    body = (
        "The attached heads prove what was stored until now. Keep this mail: `verify_history --chain --from-head`"
        " holds a history against them, and finds out if it was rewritten since.\n"
    )
    mail = EmailMessage(f"Heads of the history of {len(lines)} sources", body, settings.DEFAULT_FROM_EMAIL, addresses)
    mail.attach("heads.jsonl", "".join(f"{line}\n" for line in lines), "application/jsonl")
    try:
        mail.send()
    except OSError as error:  # SMTP's errors are such, too
        raise UserError(
            f"The mail server did not take the mail: {error}.", "Check MAIL_HOST and what belongs to it."
        ) from None
