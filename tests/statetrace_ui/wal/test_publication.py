"""What a new slot waits for."""

import psycopg

from statetrace_ui.wal.connection import connect
from statetrace_ui.wal.publication import running_transactions
from tests.own_server import OwnServer
from tests.statetrace_ui.conftest import Audited


def test_open_transactions_are_named(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)")
    with audited.connection.transaction(), connect(audited.url) as connection:
        audited.run("INSERT INTO item VALUES (1)")
        (said,) = running_transactions(connection)
    assert f"process {audited.connection.info.backend_pid} of postgres in {audited.connection.info.dbname}" in said


def test_prepared_transactions_are_named_which_no_process_holds() -> None:
    server = OwnServer("max_prepared_transactions = 5\n")
    try:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE item (id int PRIMARY KEY)")
            connection.execute("BEGIN; INSERT INTO item VALUES (1); PREPARE TRANSACTION 'it''s forgotten'")
        with connect(server.url) as connection:
            (said,) = running_transactions(connection)
    finally:
        server.remove()
    assert said.startswith("the prepared transaction 'it''s forgotten' of postgres in shop, prepared at ")
    assert "ROLLBACK PREPARED" in said
