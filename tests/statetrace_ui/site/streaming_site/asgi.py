"""A WSGI application behind the gate that streams: `/whole`, `/fails`, `/endless`. It notes how much it has made."""

from collections.abc import Iterable, Iterator
from itertools import count
from wsgiref.types import StartResponse, WSGIEnvironment

from statetrace_ui.web.gate import Gate

PART = b"x" * 65_536
made = 0


class Stream:
    streaming = True

    def __init__(self, path: str) -> None:
        self.path = path

    def __iter__(self) -> Iterator[bytes]:
        global made
        for number in count(1) if self.path == "/endless" else range(1, 11):
            made = number
            yield PART
        if self.path == "/fails":
            raise RuntimeError("midway")

    def close(self) -> None:
        pass


def pages(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("200 OK", [("content-type", "application/octet-stream")])
    if environ["PATH_INFO"] == "/made":
        return [str(made).encode()]
    return Stream(environ["PATH_INFO"])


application = Gate(pages, 1, streams=1)
