"""Keeps a user flow from being deleted while an import writes to it: locks in the store, held by its transactions."""

from typing import Any

from psycopg import Connection

FLOWS = 0x5749  # the first of the two keys
PATIENCE = "10s"


def hold(store: Connection[Any], organisation_id: int, name: str) -> None:
    """Keep the flow of that name, whether it exists yet or not, until the store's transaction ends."""
    store.execute("SELECT pg_advisory_xact_lock_shared(%s, hashtext(%s))", [FLOWS, f"{organisation_id} {name}"])


def hold_alone(store: Connection[Any], organisation_id: int, name: str) -> None:
    """Wait until nobody imports to the flow, and keep imports waiting until the store's transaction ends.

    Raises psycopg.errors.LockNotAvailable after some seconds.
    """
    store.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
    store.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [FLOWS, f"{organisation_id} {name}"])
