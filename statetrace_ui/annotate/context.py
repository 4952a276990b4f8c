"""The current session and action. The middleware binds them for requests, these functions for commands and jobs.

    with session(actor_id="nightly", full_name="Nightly job"), action(url="cron:prices", method="nightly"):
        ...

They are bound in ContextVars, so threads and tasks do not see each other's.
"""

import math
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from statetrace_ui.annotate import conf
from statetrace_ui.annotate.annotation import ACTION, SESSION, Annotation, Payload

# A capture that begins anew finds the sessions of the table in its rows; of messages it gets those to come.
REPEAT_SECONDS = 3600.0


def new_id() -> str:
    return str(uuid.uuid4())


@dataclass
class Session:
    """A logical grouping of actions.

    announced: in which databases (aliases) its annotation was committed, and when it was last, in seconds of the epoch.
    """

    payload: Payload
    id: str = field(default_factory=new_id)
    announced: dict[str, float] = field(default_factory=dict)

    def is_announced(self, database: str) -> bool:
        """Whether nobody needs to say it now. What is said by messages is repeated after a while."""
        at = self.announced.get(database)
        return at is not None and not (conf.by_message() and time.time() - at > REPEAT_SECONDS)

    def current(self) -> "Session":
        """The session that a transaction committing now belongs to."""
        return self

    def keep(self, session: "Session") -> None:
        """Remember `session` for later actions; called after a transaction that announced it has committed."""


@dataclass
class Action:
    """One thing that is done. Its first transaction in a database gets its id; further ones name it as their parent."""

    session: Session
    url: str
    method: str = ""
    version: str | None = None
    parent_id: str | None = None
    id: str = field(default_factory=new_id)
    started: float = field(default_factory=time.perf_counter)
    committed: set[str] = field(default_factory=set)

    def annotation(self, session_id: str, database: str) -> Annotation:
        """The annotation of a transaction in `database` that is about to commit."""
        first = database not in self.committed
        payload: Payload = {
            "action_session_id": session_id,
            "action_url": self.url,
            "action_method": self.method,
            "action_version": self.version or conf.version(),
            "action_length_ms": round((time.perf_counter() - self.started) * 1000, 3),
            "action_parent_id": self.parent_id if first else self.id,
        }
        return Annotation(self.id if first else new_id(), ACTION, payload)


_session: ContextVar[Session | None] = ContextVar("statetrace_session", default=None)
_action: ContextVar[Action | None] = ContextVar("statetrace_action", default=None)


def current_action() -> Action | None:
    return _action.get()


def announcement(session: Session) -> Annotation:
    return Annotation(session.id, SESSION, session.payload)


def session_payload(
    actor_id: str | None, actor: conf.Actor, user_agent: str | None = None, application_id: str | None = None
) -> Payload:
    """Every documented field of a session; None for unknown values."""
    return {
        "session_actor_id": actor_id,
        "session_actor_full_name": actor.get("full_name"),
        "session_actor_email": actor.get("email"),
        "session_actor_avatar": actor.get("avatar"),
        "session_client_user_agent": user_agent,
        "session_application_id": application_id or conf.application_id(),
        "session_application_type": "python/django",
    }


@contextmanager
def session(
    actor_id: str,
    *,
    full_name: str | None = None,
    email: str | None = None,
    avatar: str | None = None,
    application_id: str | None = None,
) -> Iterator[Session]:
    """Bind a new session. It is announced when one of its actions writes for the first time."""
    actor = {"full_name": full_name, "email": email, "avatar": avatar}
    token = _session.set(Session(session_payload(actor_id, actor, application_id=application_id)))
    try:
        yield _session.get()  # type: ignore[misc]
    finally:
        _session.reset(token)


@contextmanager
def action(
    *,
    url: str,
    method: str = "",
    version: str | None = None,
    session_id: str | None = None,
    parent_id: str | None = None,
) -> Iterator[Action]:
    """Annotate every transaction inside the `with` as this action of the bound session.

    session_id, parent_id: for a job that a request started; pass the values that `job_context()` returned there.
    An action inside another one has that as its parent, unless `parent_id` is given.
    """
    outer = _action.get()
    bound = _session_to_use(session_id, outer)
    inner = Action(bound, url, method, version, parent_id or (outer.id if outer else None))
    with use(inner):
        yield inner


def job_context() -> dict[str, str]:
    """`session_id` and `parent_id` of the current action. Send them with a job, and pass them to `action()` there."""
    current = _action.get()
    if current is None:
        return {}
    bound = current.session.current()
    current.session.keep(bound)  # the job uses the id, even if this request writes nothing itself
    return {"session_id": bound.id, "parent_id": current.id}


@contextmanager
def use(bound: Action | None) -> Iterator[None]:
    """Make `bound` the current action inside the `with`; None: annotate nothing."""
    token = _action.set(bound)
    try:
        yield
    finally:
        _action.reset(token)


def _session_to_use(session_id: str | None, outer: Action | None) -> Session:
    if session_id:
        return Session({}, session_id, announced=dict.fromkeys(conf.databases(), math.inf))
    bound = _session.get() or (outer.session if outer else None)
    if bound is None:
        raise LookupError("action() needs a session: put it inside `with session(actor_id=…):` or give session_id.")
    return bound
