"""Posts a webhook: to an address that was checked, without redirects and proxies, within a limited time."""

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping

from django.conf import settings

from statetrace_ui.deliveries.outcomes import Outcome
from statetrace_ui.deliveries.targets import BadTarget, Place, Target, parse, resolve

CONNECT_SECONDS = 5.0
ALL_SECONDS = 15.0
LONGEST_ANSWER = 1024


class PinnedConnection(http.client.HTTPConnection):
    """Speaks over a connection that stands already. http.client follows no redirects and asks for no proxy."""

    def __init__(self, target: Target, stream: socket.socket) -> None:
        super().__init__(target.host, target.port)
        self.sock = stream


def post(url: str, headers: Mapping[str, str], body: bytes) -> Outcome:
    """Send the body; whatever happens is the outcome. A status of 200 to 299 counts as delivered."""
    try:
        return _post(parse(url), headers, body)
    except BadTarget as error:
        return Outcome(None, error=str(error))
    except TimeoutError:
        return Outcome(None, error=f"The server did not answer within {ALL_SECONDS:.0f} s.")
    except ssl.SSLCertVerificationError as error:
        return Outcome(None, error=f"The server's certificate was not accepted: {error.verify_message.rstrip('.')}.")
    except socket.gaierror:
        return Outcome(None, error="The name of the host has no address.")
    except (OSError, http.client.HTTPException) as error:
        return Outcome(None, error=f"The connection failed: {_reason(error)}.")


def _reason(error: Exception) -> str:
    """What the system says; the error's type where its message could quote what was sent."""
    return getattr(error, "strerror", None) or getattr(error, "reason", None) or type(error).__name__


def _post(target: Target, headers: Mapping[str, str], body: bytes) -> Outcome:
    deadline = time.monotonic() + ALL_SECONDS
    places = resolve(target, CONNECT_SECONDS)
    with contextlib.closing(_connect(places, deadline)) as raw, _cut_off(raw, deadline):
        try:
            return _answer(target, raw, headers, body, deadline)
        except (OSError, http.client.HTTPException):
            if time.monotonic() >= deadline:
                raise TimeoutError from None
            raise


def _connect(places: list[Place], deadline: float) -> socket.socket:
    """A connection to the first place that takes one. No name is looked up again."""
    for number, (family, address) in enumerate(places):
        stream = socket.socket(family, socket.SOCK_STREAM)
        stream.settimeout(max(0.1, min(CONNECT_SECONDS, deadline - time.monotonic())))
        try:
            stream.connect(address)
        except OSError:
            stream.close()
            if number == len(places) - 1 or time.monotonic() >= deadline:
                raise
        else:
            return stream
    raise TimeoutError


@contextlib.contextmanager
def _cut_off(stream: socket.socket, deadline: float) -> Iterator[None]:
    """End the connection at the deadline, even while the server goes on: a socket's own limit begins with each byte."""
    with contextlib.closing(stream.dup()) as other:  # TLS takes the socket itself over

        def cut() -> None:
            with contextlib.suppress(OSError):
                other.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(max(0.0, deadline - time.monotonic()), cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()


def _answer(target: Target, raw: socket.socket, headers: Mapping[str, str], body: bytes, deadline: float) -> Outcome:
    with contextlib.closing(PinnedConnection(target, _secured(target, raw))) as connection:
        connection.sock.settimeout(ALL_SECONDS)
        connection.request("POST", target.path, body, {"Host": target.authority, **headers})
        response = connection.getresponse()
        if time.monotonic() >= deadline:  # headers that are cut off look like an end of the headers
            raise TimeoutError
        return Outcome(response.status, _beginning(response), _problem(response.status))


def _beginning(response: http.client.HTTPResponse) -> str:
    """What the server says beside the status, which alone decides: it may be slow with it, or break off."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        text = response.read(LONGEST_ANSWER).decode(errors="replace")
        return text.replace("\0", "\N{REPLACEMENT CHARACTER}")  # which PostgreSQL does not store
    return ""


def _secured(target: Target, raw: socket.socket) -> socket.socket:
    """The same connection under TLS; the certificate must be one of the name that was asked for."""
    if target.scheme == "http":
        return raw
    context = ssl.create_default_context()
    if settings.WEBHOOK_CA_FILE:
        context.load_verify_locations(settings.WEBHOOK_CA_FILE)
    return context.wrap_socket(raw, server_hostname=target.host)


def _problem(status: int) -> str:
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return "The server answered with a redirection, and those are not followed: enter the address it leads to."
    return "The server answered that it did not take the message."
