"""Waiting for what other processes and threads do, without guessing how long it takes them."""

import time
from collections.abc import Callable

PATIENCE_SECONDS = 120.0
LOOK_SECONDS = 0.02


def wait_until(fulfilled: Callable[[], object], patience: float = PATIENCE_SECONDS) -> None:
    """Return as soon as `fulfilled()` is true; fail when it is not after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not fulfilled():
        assert time.monotonic() < deadline, f"This did not happen within {patience:g} s."
        time.sleep(LOOK_SECONDS)
