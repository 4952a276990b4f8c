"""Keeps the audited side of a recording: the shop's transactions, as capture reads them from a replication slot."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import orjson
import psycopg

from statetrace_ui.wal import catalog, publication
from statetrace_ui.wal.assembler import Assembler
from statetrace_ui.wal.catalog import Describer
from statetrace_ui.wal.connection import SourceError, connect
from statetrace_ui.wal.decoder import decode
from statetrace_ui.wal.lsn import parse_lsn
from statetrace_ui.wal.protocol import WalData
from statetrace_ui.wal.records import Transaction
from statetrace_ui.wal.snapshot import Report, baseline
from statetrace_ui.wal.stream import Stream

SILENCE_SECONDS = 30
NAME = "statetrace_recording"  # of the publication and the slot


@contextmanager
def kept(url: str, path: Path, report: Report) -> Iterator[None]:
    """Write what the database of `url` held before to the gzipped JSON lines of `path`, then what happens inside.

    Never inside a transaction on the same server: the new slot waits for the end of all that run.
    """
    publication.remove_all(url, NAME, NAME)
    try:
        with gzip.open(path, "wb") as opened:
            file = cast(BinaryIO, opened)
            start = _keep_baseline(url, file, report)
            yield
            for transaction in _since(url, start):
                _keep(file, transaction)
    finally:
        publication.remove_all(url, NAME, NAME)


def read(path: Path) -> Iterator[Transaction]:
    """What `kept` wrote: the baseline first."""
    with gzip.open(path, "rb") as file:
        for line in file:
            yield Transaction.from_json(orjson.loads(line))


def _keep_baseline(url: str, file: BinaryIO, report: Report) -> int:
    with connect(url) as connection:
        publication.create(connection, NAME, catalog.tables(connection, NAME))
        if running := publication.running_transactions(connection):
            report(f"The replication slot waits for the end of: {'; '.join(running)}")
        with publication.new_slot(url, NAME) as snapshot:
            _keep(file, baseline(connection, snapshot, NAME, lambda _: None))
    return snapshot.lsn


def _since(url: str, start: int) -> Iterator[Transaction]:
    """Every transaction committed until now."""
    with psycopg.connect(url, autocommit=True) as connection:
        [(until,)] = connection.execute("SELECT pg_current_wal_flush_lsn()::text").fetchall()
    with connect(url) as described, Stream(url, NAME, NAME, start) as stream:
        assembler = Assembler(Describer(described))
        while frames := stream.read(SILENCE_SECONDS):
            for frame in frames:
                if isinstance(frame, WalData):
                    if transaction := assembler.feed(decode(frame.payload)):
                        yield transaction
                elif frame.end_lsn >= parse_lsn(until) and not assembler.in_flight:
                    return
        raise SourceError("The replication stream fell silent before it came to the end of the recording.")


def _keep(file: BinaryIO, transaction: Transaction) -> None:
    file.write(orjson.dumps(transaction.as_json()) + b"\n")
