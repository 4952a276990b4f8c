"""A receiver of webhooks: a real server, by TLS with a certificate of an authority of its own, on this machine."""

import datetime as dt
import http.server
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAMES = ("localhost", "hooks.example.com")
Handler = http.server.BaseHTTPRequestHandler
Answer = Callable[[Handler], None]


@dataclass
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """answer: what it does with a request, once that is noted. names: which hosts clients asked TLS for."""

    port: int
    answer: Answer
    received: list[Received] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    connections: int = 0

    def url(self, path: str = "/hook", host: str = "localhost", scheme: str = "https") -> str:
        return f"{scheme}://{host}:{self.port}{path}"


def say(status: int = 204, body: bytes = b"", **headers: str) -> Answer:
    """Answer with a status, headers (`Location="…"`) and a body."""

    def answer(handler: Handler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@dataclass(frozen=True)
class Authority:
    """ca_file: what trusts it. chain_file: key and certificate of its server, which is called by NAMES."""

    ca_file: Path
    chain_file: Path


def make_authority(folder: Path) -> Authority:
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca = _certificate("An authority of the tests", ca_key.public_key(), ca_key, [])
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in NAMES]
    names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
    own = _certificate(NAMES[0], key.public_key(), ca_key, names)
    authority = Authority(folder / "ca.pem", folder / "server.pem")
    authority.ca_file.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    authority.chain_file.write_bytes(private + own.public_bytes(serialization.Encoding.PEM))
    return authority


def _certificate(
    name: str, key: ec.EllipticCurvePublicKey, ca_key: ec.EllipticCurvePrivateKey, names: list[x509.GeneralName]
) -> x509.Certificate:
    """That of a server with these names; without names that of the authority itself."""
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(_called(name)).issuer_name(_called("An authority of the tests"))
    builder = builder.public_key(key).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key())
    builder = builder.add_extension(issued_by, critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    else:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_SIGNS_CERTIFICATES, critical=True)
    return builder.sign(ca_key, hashes.SHA256())


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


_SIGNS_CERTIFICATES = x509.KeyUsage(False, False, False, False, False, True, True, False, False)


@contextmanager
def receiving(authority: Authority | None = None) -> Iterator[Receiver]:
    """A server on 127.0.0.1; without an authority it speaks plain http."""
    receiver = Receiver(0, say())

    class Noting(Handler):
        def do_POST(self) -> None:  # noqa: N802 - the base class's name
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.received.append(Received(self.path, dict(self.headers), body))
            receiver.answer(self)

        def log_message(self, *_: Any) -> None:
            pass

    server = Server(("127.0.0.1", 0), Noting, receiver, authority)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, address: Any, handler: Any, receiver: Receiver, authority: Authority | None) -> None:
        super().__init__(address, handler)
        self.receiver = receiver
        self.context = _context(receiver, authority) if authority else None

    def finish_request(self, request: Any, client_address: Any) -> None:
        """In the request's own thread, so that a client which is slow with TLS holds up nobody."""
        self.receiver.connections += 1
        if self.context is None:
            super().finish_request(request, client_address)
            return
        with self.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, *_: Any) -> None:
        """Clients that end a connection are what is tested."""


def _context(receiver: Receiver, authority: Authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.chain_file)

    def note(_: ssl.SSLObject, name: str | None, __: ssl.SSLContext) -> None:
        receiver.names.append(name)

    context.sni_callback = note
    return context


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
