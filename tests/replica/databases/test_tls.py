"""The connection page names the certificate that a replica's server presents, and the SSL mode that checks it."""

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from replica.databases.models import Replica
from replica.databases.tls import REQUEST, tls_of

ENDS = dt.datetime(2031, 5, 6, tzinfo=dt.UTC)
Answer = Callable[[socket.socket], None]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-signed certificate with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "db.example.com")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(ENDS - dt.timedelta(days=9000))
        .not_valid_after(ENDS)
        .sign(key, hashes.SHA256())
    )
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file = tmp_path / "server.pem"
    file.write_bytes(key.private_bytes(*plain) + made.public_bytes(serialization.Encoding.PEM))
    return file


@contextmanager
def server(answer: Answer) -> Iterator[Replica]:
    """A replica on a server that answers one client so."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            visitor, _ = listening.accept()
            with visitor:
                assert visitor.recv(len(REQUEST)) == REQUEST
                answer(visitor)

        thread = threading.Thread(target=serve)
        thread.start()
        yield Replica(owner_url=f"postgresql://o:p@127.0.0.1:{listening.getsockname()[1]}/d")
        thread.join()


def test_a_server_with_tls(certificate: Path) -> None:
    def encrypted(visitor: socket.socket) -> None:
        visitor.sendall(b"S")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate)
        with context.wrap_socket(visitor, server_side=True) as one:
            one.recv(1)

    with server(encrypted) as replica:
        found = tls_of(replica)
    assert (found.mode, found.offered) == ("verify-full", True)
    assert found.certificate
    assert (found.certificate.subject, found.certificate.ends) == ("CN=db.example.com", ENDS)
    assert found.certificate.is_self_signed
    pem = ssl.PEM_cert_to_DER_cert("-----BEGIN CERT" + certificate.read_text().partition("-----BEGIN CERT")[2])
    shown = bytes.fromhex(found.certificate.fingerprint.replace(":", ""))
    digest = hashes.Hash(hashes.SHA256())
    digest.update(pem)
    assert shown == digest.finalize()


def test_a_server_without_tls() -> None:
    with server(lambda visitor: visitor.sendall(b"N")) as replica:
        found = tls_of(replica)
    assert (found.mode, found.offered, found.certificate) == ("prefer", False, None)


def test_a_server_that_hangs_up_or_is_away() -> None:
    with server(lambda visitor: visitor.sendall(b"Snonsense")) as replica:
        assert tls_of(replica).offered is None
    assert tls_of(Replica(owner_url="postgresql://o:p@127.0.0.1:1/d")).offered is None


def test_a_socket_of_the_machine_needs_none(tmp_path: Path) -> None:
    assert tls_of(Replica(owner_url=f"postgresql://o:p@/d?host={tmp_path}")).mode == ""
