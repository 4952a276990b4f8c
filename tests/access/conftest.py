"""Acme and Elsewhere, each with a replica and one thing of every kind, and people of theirs.

They are made once for all tests of a file, within a transaction; what a test does is rolled back to where it began.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from statetrace_ui.web.models import Membership, Organisation
from tests.access.holdings import ACMES, ELSEWHERES, Captured, Holdings, fill, give
from tests.conftest import make_user
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


@pytest.fixture(scope="module")
def standing(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    replica_urls: dict[Captured, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[Captured, Holdings]]:
    """What both have. Tests take it by `acme` and `elsewhere`, which read anew what an earlier test has altered."""
    patch = pytest.MonkeyPatch()
    patch.setattr(settings, "SCREENSHOTS_DIR", tmp_path_factory.mktemp("screenshots"))
    with django_db_blocker.unblock():
        begun = ExitStack()
        begun.enter_context(transaction.atomic())
        held = _stand(replica_urls)
    yield held
    patch.undo()
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        begun.close()


def _stand(replica_urls: dict[Captured, str]) -> dict[Captured, Holdings]:
    acme = Organisation.objects.create(name="Acme", slug="acme")
    elsewhere = Organisation.objects.create(name="Elsewhere", slug="elsewhere")
    for role in Membership.Role:
        make_user(role.value, acme, role)
    make_user("stranger", elsewhere)
    return {
        captured: give(organisation, captured, replica_urls[captured])
        for captured, organisation in ((ACMES, acme), (ELSEWHERES, elsewhere))
    }


@pytest.fixture
def organisation(standing: dict[Captured, Holdings], db: None) -> Organisation:
    return Organisation.objects.get(slug="acme")


@pytest.fixture
def acme(
    standing: dict[Captured, Holdings],
    organisation: Organisation,
    registered_replicas: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Holdings:
    """What Acme has, whose members are `reader` and `manager`."""
    monkeypatch.setattr(settings, "BLOCKS_DIR", tmp_path)
    return replace(standing[ACMES], organisation=organisation)


@pytest.fixture
def elsewhere(standing: dict[Captured, Holdings], stranger: User) -> Holdings:
    """What the stranger's own organisation has."""
    return replace(standing[ELSEWHERES], organisation=stranger.memberships.get().organisation)


@pytest.fixture
def reader(organisation: Organisation) -> User:
    return User.objects.get(username="reader")


@pytest.fixture
def analyst(organisation: Organisation) -> User:
    return User.objects.get(username="analyst")


@pytest.fixture
def manager(organisation: Organisation) -> User:
    return User.objects.get(username="manager")


@pytest.fixture
def stranger(organisation: Organisation) -> User:
    return User.objects.get(username="stranger")


@pytest.fixture
def beginner(organisation: Organisation) -> User:
    """Belongs to a third organisation, which has nothing."""
    return make_user("beginner", Organisation.objects.create(name="Nothing yet", slug="nothing-yet"))


@pytest.fixture
def beginner_client(beginner: User) -> Client:
    client = Client()
    client.force_login(beginner)
    return client
