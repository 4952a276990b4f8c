"""Finds a session's profile for an organisation: its version, the folder of its blocks, and the blocks themselves."""

from dataclasses import dataclass
from functools import partial

from django.db import connections

from replica.blocks.places import Place, version_of
from replica.profiles.blocks import FORMAT, Blocks, Thread, open_blocks
from replica.profiles.reader import read_profile
from replica.queries.sessions import session_or_404
from replica.schema.models import SessionMetadata
from replica.schema.named_queries import query_text
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation


@dataclass(slots=True, frozen=True)
class SessionProfile:
    """Where one session's profile is: in which replica, and in which folder as blocks.

    `version` changes when the content does.
    """

    alias: str
    url: str
    session: SessionMetadata
    version: str

    @property
    def place(self) -> Place:
        return Place(self.alias, self.session.session_id, self.version)

    def blocks(self) -> Blocks:
        """The session's blocks, built from the replica if they are not on disk yet.

        Raises adbc_driver_manager.OperationalError if it cannot be read.
        """
        build = partial(read_profile, self.url, self.session.session_id)
        return self.place.opened(lambda folder: open_blocks(folder, build))

    @property
    def built(self) -> bool:
        return self.place.built


class NoCalls(UserError):
    """This session has no function calls."""

    def __init__(self) -> None:
        problem, advice = "This session has no function calls.", "Import a method trace or a CPU profile into it."
        super().__init__(problem, advice, status=404)


def profile_for(organisation: Organisation, alias: str, session_id: str, version: str | None = None) -> SessionProfile:
    """The profile of a session in the organisation's replica, which `alias` names.

    Raises a UserError: 404 if the session does not exist or has no calls, 410 if its version is no longer `version`.
    """
    session = session_or_404(alias, session_id)
    current = _version(alias, session_id)
    if version not in (None, current):
        raise UserError("This session was exported again.", "Reload the page to see its new content.", status=410)
    return SessionProfile(alias, organisation.replica.reading_url, session, current)


def built_blocks(organisation: Organisation, alias: str, session_id: str) -> Blocks | None:
    """The session's blocks if they are on disk: nobody waits for them to be built."""
    try:
        profile = profile_for(organisation, alias, session_id)
    except NoCalls:
        return None
    return profile.blocks() if profile.built else None


def thread_at(blocks: Blocks, number: int) -> Thread:
    """The thread with that number in the blocks. Raises a UserError (404) if it does not exist."""
    if number >= len(blocks.threads):
        raise UserError("This profile has no such thread.", "Choose one from the list.", status=404)
    return blocks.threads[number]


def _version(alias: str, session_id: str) -> str:
    with connections[alias].cursor() as cursor:
        cursor.execute(query_text("profile_fingerprint"), {"session": session_id})
        row = cursor.fetchone()
    if row is None:
        raise NoCalls
    return version_of(FORMAT, *row)
