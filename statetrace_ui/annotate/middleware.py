"""Binds each request as an action of its browser's session."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, cast

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.contrib.sessions.backends.signed_cookies import SessionStore as SignedCookies
from django.http import HttpRequest
from django.http.response import HttpResponseBase, StreamingHttpResponse
from django.utils.crypto import salted_hmac

from statetrace_ui.annotate import conf
from statetrace_ui.annotate.context import Action, Session, session_payload, use

# Under this key the Django session keeps {"id", "actor", "announced": {database: when}}; of older versions, a list.
KEY = "statetrace"
SALT = "statetrace_ui.annotate.middleware"


class AnnotateMiddleware:
    """Annotates the transactions of a request as they commit. A request that does not write leaves no trace.

    Place it below Django's session and authentication middleware. It serves requests of WSGI and of ASGI, where it
    needs no thread.

    It does not wrap the view in a transaction: the project decides whether a failed view's writes are undone.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        # The path alone: a query string may hold personal data or a token.
        action = Action(BrowserSession(request), request.path, request.method or "")
        if self.is_async:
            return self._respond_async(request, action)
        with use(action):
            response: HttpResponseBase = self.get_response(request)
        return _streaming_within(action, response)

    async def _respond_async(self, request: HttpRequest, action: Action) -> HttpResponseBase:
        with use(action):
            response: HttpResponseBase = await self.get_response(request)
        return _streaming_within(action, response)


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
        """Remember the session in the Django session: a response that streams is too late for that."""
        if self.latest and hasattr(self.request, "session"):
            kept = {"id": session.id, "actor": self.latest[0], "announced": session.announced}
            self.request.session[KEY] = kept

    def _restore(self, actor_id: str) -> Session | None:
        """The session that the Django session remembers, if it is the same actor's."""
        kept = self.request.session.get(KEY) if hasattr(self.request, "session") else None
        if not kept or kept["actor"] != actor_id:
            return None
        session = self._new(actor_id, getattr(self.request, "user", None))
        announced = kept["announced"]
        session.id = kept["id"]
        session.announced = announced if isinstance(announced, dict) else dict.fromkeys(announced, 0.0)
        return session

    def _new(self, actor_id: str, user: Any) -> Session:
        actor = conf.describe_actor(user) if actor_id else {}
        session = Session(session_payload(actor_id or None, actor, self.request.META.get("HTTP_USER_AGENT")))
        if key := self._session_key():
            session.id = _derived_id(key, actor_id)
        return session

    def _session_key(self) -> str | None:
        """What tells this browser from others; None until the Django session is first saved.

        The key of a session in a signed cookie is its content and the second: browsers that sign in at once share it.
        """
        session = getattr(self.request, "session", None)
        return None if isinstance(session, SignedCookies) else getattr(session, "session_key", None)


def session_id(request: HttpRequest) -> str | None:
    """The id of this browser's session in the annotation table; None before its first write."""
    kept = request.session.get(KEY)
    return str(kept["id"]) if kept else None


def _derived_id(session_key: str, actor_id: str) -> str:
    """The same id in all requests of a browser, also in those that run at once and cannot see each other.

    The session key is a credential. Without this project's SECRET_KEY nobody can find it, or check a guess, by the id.
    """
    digest = salted_hmac(SALT, f"{actor_id}\n{session_key}", algorithm="sha256").digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))


def _streaming_within(action: Action, response: HttpResponseBase) -> HttpResponseBase:
    """The response; what it streams is written by the action."""
    if isinstance(response, StreamingHttpResponse):
        if response.is_async:
            response.streaming_content = _bind_to_async_chunks(
                action, cast("AsyncIterator[bytes]", response.streaming_content)
            )
        else:
            response.streaming_content = _bind_to_chunks(action, cast("Iterator[bytes]", response.streaming_content))
    return response


def _bind_to_chunks(action: Action, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Bind the action only while a chunk is produced: a generator runs in the context of its caller."""
    while True:
        with use(action):
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk


async def _bind_to_async_chunks(action: Action, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        with use(action):
            chunk = await anext(chunks, None)
        if chunk is None:
            return
        yield chunk
