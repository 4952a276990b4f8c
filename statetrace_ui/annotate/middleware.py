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
    """Transactions of a request are annotated as they commit; a request that does not write leaves no trace.

    Goes below Django's session and authentication middleware.

    The view is not wrapped in a transaction: whether its failure undoes its writes stays the project's decision.
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
            response.streaming_content = _streamed(action, chunks)
        return response


class BrowserSession(Session):
    """Finds out at commit who is signed in by then: `login()` and `logout()` begin a new session."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(payload={})
        self.request = request
        self.latest: tuple[str, Session] | None = None

    def current(self) -> Session:
        user = getattr(self.request, "user", None)
        actor_id = str(user.pk) if user is not None and user.is_authenticated else ""
        if self.latest is None or self.latest[0] != actor_id:
            self.latest = actor_id, self._kept(actor_id) or self._new(actor_id, user)
        return self.latest[1]

    def keep(self, session: Session) -> None:
        """Remember the id in the Django session: a random one of its own, for the session key is a credential."""
        if self.latest and hasattr(self.request, "session"):
            kept = {"id": session.id, "actor": self.latest[0], "announced": sorted(session.announced)}
            self.request.session[KEY] = kept

    def _kept(self, actor_id: str) -> Session | None:
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
    """The id under which this browser's session was announced; None before its first write."""
    kept = request.session.get(KEY)
    return str(kept["id"]) if kept else None


def _streamed(action: Action, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Bind the action only while a chunk is made: a generator shares the context of whoever iterates over it."""
    while True:
        with use(action):
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk
