"""Calls the API: with a token, by JSON, and again where that does no harm."""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast
from uuid import uuid4

import httpx

from statetrace_ui.client.shapes import (
    Credentials,
    Event,
    Flow,
    FlowName,
    Measurement,
    Run,
    Session,
    Status,
    Tag,
    Target,
    Verification,
)

ATTEMPTS = 4
LONGEST_PAUSE = 60.0  # seconds
# Passing failures. Of them 409 says that the same request is still being answered.
AGAIN = (408, 429, 502, 503, 504)


class Refused(Exception):
    """The API did not do what was asked. status: of HTTP. problem: what it says, as in RFC 9457."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status, self.problem = status, problem
        errors = "; ".join(f"{one['at']}: {one['problem']}" for one in problem.get("errors", ()))
        super().__init__(f"{status}: {problem.get('detail', '')} {errors}".strip())


class Statetrace:
    """The API of one site, for the organisation of the token.

    >>> with Statetrace("https://statetrace.example.com", token) as site:
    ...     flow = site.put_user_flow("Checkout")
    """

    def __init__(self, url: str, token: str, timeout: float = 60, transport: httpx.BaseTransport | None = None) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._http = httpx.Client(
            base_url=f"{url.rstrip('/')}/v0/", headers=headers, timeout=timeout, transport=transport
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._http.close()

    # User flows

    def user_flows(self) -> Iterator[FlowName]:
        return self._pages("userflows", "user_flows")

    def user_flow(self, user_flow_id: str) -> Flow:
        return cast(Flow, self.call("GET", f"userflows/{user_flow_id}"))

    def put_user_flow(self, name: str, description: str = "") -> str:
        """The id of the flow of that name, which is made if there is none."""
        told = self.call("PUT", "userflows", {"name": name, "description": description})
        return str(told["user_flow_id"])

    def sessions(self, user_flow_id: str) -> Iterator[Session]:
        return self._pages(f"userflows/{user_flow_id}/sessions", "sessions")

    def measurements(self, user_flow_id: str, **filters: str) -> Iterator[Measurement]:
        """filters: session_id and key."""
        return self._pages(f"userflows/{user_flow_id}/measurements", "measurements", filters)

    def events(self, user_flow_id: str, **filters: str) -> Iterator[Event]:
        """filters: session_id."""
        return self._pages(f"userflows/{user_flow_id}/events", "events", filters)

    # Sessions

    def session(self, session_id: str) -> Session:
        return cast(Session, self.call("GET", f"userflows/session/{session_id}"))

    def add_session(self, session_id: str, user_flow_id: str, **about: Any) -> Session:
        """about: name, description, status, start_time, tags."""
        body = {"user_flow_id": user_flow_id, **about}
        return cast(Session, self.call("POST", f"userflows/session/{session_id}", body))

    def annotate(
        self,
        session_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        status: Status | None = None,
        tags: Sequence[Tag] | None = None,
        revision: int | None = None,
    ) -> Session:
        """revision: that of the session which was read; another one is refused (412)."""
        said = {"name": name, "description": description, "status": status, "tags": tags}
        body = {key: value for key, value in said.items() if value is not None}
        headers = {} if revision is None else {"If-Match": f'"{revision}"'}
        return cast(Session, self.call("PUT", f"userflows/session/{session_id}", body, headers=headers))

    def add_label(self, session_id: str, name: str, start_time: float, end_time: float, **more: Any) -> str:
        """The id of the new label. Times are seconds since the session's start."""
        body = {"name": name, "start_time": start_time, "end_time": end_time, **more}
        return str(self.call("POST", f"sessions/{session_id}/label/add", body)["label_id"])

    def upload_measurements(
        self, session_id: str, user_flow: str, values: Mapping[str, float | str], status: Status | None = None
    ) -> Any:
        """Session and flow are made if they are not there."""
        data = [{"key": key, "value": value} for key, value in values.items()]
        body = {"session_id": session_id, "test_name": user_flow, "status": status, "data": data}
        return self.call("POST", "perftests/upload", body)

    def upload(self, user_flow_id: str, files: Sequence[Path], **about: str) -> list[dict[str, Any]]:
        """Import files as sessions of the flow. about: session_id, name, status. The sessions as they were imported."""
        return list(self.send_files(f"userflows/{user_flow_id}/sessions", files, about)["sessions"])

    # Exports. target_id: of the copy in that target, not in the organisation's own replica.

    def sync(self, user_flow_id: str, *, target_id: int | None = None) -> Run:
        return cast(Run, self._of_export("POST", user_flow_id, "dbsync", target_id))

    def exports(self, user_flow_id: str, *, target_id: int | None = None) -> Iterator[Run]:
        """The runs, newest first."""
        return self._pages(f"userflows/{user_flow_id}/exports/recent", "exports", _of_target(target_id))

    def retry(self, user_flow_id: str, run_id: int, *, target_id: int | None = None) -> Run:
        return cast(Run, self._of_export("POST", user_flow_id, f"exports/{run_id}/retry", target_id))

    def cancel(self, user_flow_id: str, run_id: int, *, target_id: int | None = None) -> Run:
        return cast(Run, self._of_export("DELETE", user_flow_id, f"exports/{run_id}", target_id))

    def set_autosync(self, user_flow_id: str, autosync: bool | None, *, target_id: int | None = None) -> Any:
        """None: as the organisation's own setting has it."""
        body = {"autosync": None if autosync is None else int(autosync)}
        return self._of_export("POST", user_flow_id, "settings", target_id, body)

    def pause(self, user_flow_id: str, *, target_id: int | None = None) -> Flow:
        return cast(Flow, self._of_export("POST", user_flow_id, "pause", target_id))

    def resume(self, user_flow_id: str, *, target_id: int | None = None) -> Flow:
        return cast(Flow, self._of_export("POST", user_flow_id, "resume", target_id))

    def verify(self, user_flow_id: str, *, target_id: int | None = None) -> Verification:
        """Have source and copy compared; `verifications` tells what was found."""
        return cast(Verification, self._of_export("POST", user_flow_id, "verify", target_id))

    def verifications(self, user_flow_id: str, *, target_id: int | None = None) -> Iterator[Verification]:
        return self._pages(f"userflows/{user_flow_id}/verifications", "verifications", _of_target(target_id))

    def delete_session(self, session_id: str) -> Any:
        return self.call("DELETE", f"userflows/session/{session_id}")

    # Targets and the replica

    def targets(self) -> Iterator[Target]:
        return self._pages("targets", "targets")

    def add_target(self, name: str, *, url: str | None = None, recipient: str | None = None) -> Target:
        """By the address of an empty database, or by the short name of another organisation."""
        return cast(Target, self.call("POST", "targets", {"name": name, "url": url, "recipient": recipient}))

    def accept_target(self, target_id: int) -> Target:
        return cast(Target, self.call("POST", f"targets/{target_id}/accept"))

    def remove_target(self, target_id: int) -> None:
        self.call("DELETE", f"targets/{target_id}")

    def copy_to(self, user_flow_id: str, target_id: int) -> Flow:
        return cast(Flow, self.call("PUT", f"userflows/{user_flow_id}/targets/{target_id}"))

    def rotate_credentials(self, hours: int = 24) -> Credentials:
        """A new role and password for the replica; the present ones work for some more hours."""
        return cast(Credentials, self.call("POST", "replica/credentials/rotate", {"hours": hours}))

    # Audited history

    def changes(self, question: str = "") -> Iterator[dict[str, Any]]:
        """What the Changes page finds for the question, newest first."""
        return self._pages("audited/changes", "changes", {"q": question})

    def audited_sessions(self, question: str = "") -> Iterator[dict[str, Any]]:
        return self._pages("audited/sessions", "sessions", {"q": question})

    # Whatever else there is

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """The answer as JSON; None if there is none. Raises Refused, and httpx.HTTPError if nobody answers."""
        sent = {} if body is None else {"json": body}
        return self._sent(method, path, **sent, **options)

    def send_files(self, path: str, files: Sequence[Path], fields: Mapping[str, str]) -> Any:
        parts = [("file", (file.name, file.read_bytes(), "application/octet-stream")) for file in files]
        return self._sent("POST", path, files=parts, data=fields)

    def pages(self, path: str, query: Mapping[str, str] = {}) -> Iterator[dict[str, Any]]:
        """The answers of a list, page by page."""
        cursor: str | None = ""
        while cursor is not None:
            page = self.call("GET", path, params={**query, **({"cursor": cursor} if cursor else {})})
            yield page
            cursor = page.get("next_cursor")

    def _of_export(self, method: str, user_flow_id: str, path: str, target_id: int | None, body: Any = None) -> Any:
        return self.call(method, f"userflows/{user_flow_id}/{path}", body, params=_of_target(target_id))

    def _pages(self, path: str, key: str, query: Mapping[str, str] = {}) -> Iterator[Any]:
        for page in self.pages(path, query):
            yield from page[key]

    def _sent(self, method: str, path: str, headers: Mapping[str, str] = {}, **options: Any) -> Any:
        # With a key, a request whose answer was lost is answered again and not done again.
        keyed = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = self._http.request(method, path, headers={**keyed, **headers}, **options)
            except httpx.TransportError:
                if attempt == ATTEMPTS:
                    raise
                time.sleep(2**attempt / 4)
                continue
            if response.status_code not in AGAIN or attempt == ATTEMPTS:
                return _content(response)
            time.sleep(_pause(response, attempt))
        return None


def _of_target(target_id: int | None) -> dict[str, str]:
    return {} if target_id is None else {"target_id": str(target_id)}


def _pause(response: httpx.Response, attempt: int) -> float:
    told = response.headers.get("Retry-After", "")
    return min(LONGEST_PAUSE, float(told) if told.isdecimal() else 2**attempt / 4)


def _content(response: httpx.Response) -> Any:
    if response.is_success:
        return response.json() if response.content else None
    try:
        problem = response.json()
    except ValueError:
        problem = {"detail": response.reason_phrase}
    raise Refused(response.status_code, problem if isinstance(problem, dict) else {})
