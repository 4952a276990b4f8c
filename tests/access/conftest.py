"""Acme and Elsewhere, each with a replica and one thing of every kind."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from statetrace_ui.web.models import Organisation
from tests.access.holdings import ACMES, ELSEWHERES, Captured, Holdings, fill, give
from tests.databases import copied_database

NUMBER = count(1)


@pytest.fixture(scope="session")
def replica_urls(server_url: str, replica_template: str) -> Iterator[dict[Captured, str]]:
    """The replicas of both organisations, filled once, since nothing writes to them."""
    with ExitStack() as stack:
        urls = {}
        for captured in (ACMES, ELSEWHERES):
            # The fixture is also that of tests/browser, which then has replicas of its own.
            name = f"test_{os.getpid()}_access_{next(NUMBER)}"
            urls[captured] = stack.enter_context(copied_database(server_url, replica_template, name))
            fill(urls[captured], captured)
        yield urls


@pytest.fixture
def acme(
    organisation: Organisation,
    replica_urls: dict[Captured, str],
    registered_replicas: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Holdings:
    """What Acme has, whose members are `reader` and `manager`."""
    monkeypatch.setattr(settings, "BLOCKS_DIR", tmp_path)
    monkeypatch.setattr(settings, "SCREENSHOTS_DIR", tmp_path / "screenshots")
    return give(organisation, ACMES, replica_urls[ACMES])


@pytest.fixture
def elsewhere(stranger: User, acme: Holdings, replica_urls: dict[Captured, str]) -> Holdings:
    """What the stranger's own organisation has."""
    return give(stranger.memberships.get().organisation, ELSEWHERES, replica_urls[ELSEWHERES])
