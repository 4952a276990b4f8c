"""Records the audited side: the shop's transactions, read from a replication slot as capture reads them."""

import gzip
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

import orjson
import psycopg

from statetrace_ui.capture.rules import Rules
from statetrace_ui.wal import catalog, publication, records
from statetrace_ui.wal.assembler import Assembler
from statetrace_ui.wal.catalog import Describer
from statetrace_ui.wal.connection import SourceError, connect
from statetrace_ui.wal.lsn import parse_lsn
from statetrace_ui.wal.masking import Masker
from statetrace_ui.wal.protocol import WalData
from statetrace_ui.wal.records import Ruling
from statetrace_ui.wal.snapshot import Report, baseline
from statetrace_ui.wal.stream import Stream

SILENCE_SECONDS = 30
NAME = "statetrace_recording"  # of the publication and the slot


@contextmanager
def record(url: str, path: Path, report: Report) -> Iterator[None]:
    """Write the database's rows, and then all transactions committed inside the `with`, as gzipped JSON lines.

    What capture masks by default is masked by a key that nobody keeps.
    Do not call it inside a transaction on the same server: the new slot waits until all open transactions have ended.
    """
    publication.remove_all(url, NAME, NAME)
    ruling = partial(Rules().apply, masker=Masker(secrets.token_bytes(32)))
    try:
        with gzip.open(path, "wb") as stream:
            file = cast(BinaryIO, stream)
            start = _write_baseline(url, file, report, ruling)
            yield
            for transaction in _transactions_since(url, start, ruling):
                _write(file, transaction)
    finally:
        publication.remove_all(url, NAME, NAME)


def read(path: Path) -> Iterator[records.Transaction]:
    """The transactions that `record` wrote; the first is the baseline."""
    with gzip.open(path, "rb") as file:
        for line in file:
            yield records.Transaction.from_json(orjson.loads(line))


def _write_baseline(url: str, file: BinaryIO, report: Report, ruling: Ruling) -> int:
    """Returns the LSN at which the transactions after the baseline begin."""
    with connect(url) as connection:
        publication.create(connection, NAME, catalog.tables(connection, NAME))
        if running := publication.running_transactions(connection):
            report(f"The replication slot waits for the end of: {'; '.join(running)}")
        with publication.new_slot(url, NAME) as snapshot:
            _write(file, baseline(connection, snapshot, [NAME], lambda _: None, ruling))
    return snapshot.lsn


def _transactions_since(url: str, start: int, ruling: Ruling) -> Iterator[records.Transaction]:
    """All transactions from the LSN `start` until now. Raises SourceError if the stream stops before that."""
    with psycopg.connect(url, autocommit=True) as server:
        [(until,)] = server.execute("SELECT pg_current_wal_flush_lsn()::text").fetchall()
    with connect(url) as connection, Stream(url, NAME, [NAME], start) as stream:
        describe = Describer(connection)
        assembler = Assembler(lambda message: ruling(describe(message)))
        while frames := stream.read(SILENCE_SECONDS):
            for frame in frames:
                if isinstance(frame, WalData):
                    if transaction := assembler.receive(frame.payload):
                        yield transaction
                elif frame.end_lsn >= parse_lsn(until) and not assembler.in_flight:
                    return
        raise SourceError("The replication stream stopped before the end of the recording.")


def _write(file: BinaryIO, transaction: records.Transaction) -> None:
    file.write(orjson.dumps(transaction.as_json()) + b"\n")
