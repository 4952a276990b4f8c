"""Binds each request as an action of its browser's session."""

from collections.abc import Callable, Iterator
from typing import Any, cast

from django.http import HttpRequest
from django.http.response import HttpResponseBase, StreamingHttpResponse

from statetrace_ui.annotate import conf
from statetrace_ui.annotate.context import Action, Session, session_payload, use

# Under this key the Django session keeps {"id", "actor", "announced": [database, …]}.
KEY = "statetrace"


class AnnotateMiddleware:
    """Annotates the transactions of a request as they commit. A request that does not write leaves no trace.

    Place it below Django's session and authentication middleware.

    It does not wrap the view in a transaction: the project decides whether a failed view's writes are undone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # The path alone: a query string may hold personal data or a token.
        action = Action(BrowserSession(request), request.path, request.method or "")
        with use(action):
            response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            chunks = cast("Iterator[bytes]", response.streaming_content)
            response.streaming_content = _bind_to_chunks(action, chunks)
        return response


class BrowserSession(Session):
    """Looks at commit who is signed in: `login()` and `logout()` begin a new session."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(payload={})
        self.request = request
        self.latest: tuple[str, Session] | None = None

    def current(self) -> Session:
        user = getattr(self.request, "user", None)
        actor_id = str(user.pk) if user is not None and user.is_authenticated else ""
        if self.latest is None or self.latest[0] != actor_id:
            self.latest = actor_id, self._restore(actor_id) or self._new(actor_id, user)
        return self.latest[1]

    def keep(self, session: Session) -> None:
        """Remember the id in the Django session. It is a random id, because the session key itself is a credential."""
        if self.latest and hasattr(self.request, "session"):
            kept = {"id": session.id, "actor": self.latest[0], "announced": sorted(session.announced)}
            self.request.session[KEY] = kept

    def _restore(self, actor_id: str) -> Session | None:
        """The session that the Django session remembers, if it is the same actor's."""
        kept = self.request.session.get(KEY) if hasattr(self.request, "session") else None
        if not kept or kept["actor"] != actor_id:
            return None
        session = self._new(actor_id, getattr(self.request, "user", None))
        session.id, session.announced = kept["id"], set(kept["announced"])
        return session

    def _new(self, actor_id: str, user: Any) -> Session:
        actor = conf.describe_actor(user) if actor_id else {}
        return Session(session_payload(actor_id or None, actor, self.request.META.get("HTTP_USER_AGENT")))


def session_id(request: HttpRequest) -> str | None:
    """The id of this browser's session in the annotation table; None before its first write."""
    kept = request.session.get(KEY)
    return str(kept["id"]) if kept else None


def _bind_to_chunks(action: Action, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Bind the action only while a chunk is produced: a generator runs in the context of its caller."""
    while True:
        with use(action):
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk
