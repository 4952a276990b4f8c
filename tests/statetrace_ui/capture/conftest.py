"""Acme's managers, beside a database that they want to add."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from statetrace_ui.web.models import Membership, Organisation
from tests.conftest import make_user
from tests.replica.conftest import clear_queue
from tests.statetrace_ui.conftest import Audited


@pytest.fixture
def operator(audited: Audited) -> User:
    """A manager of Acme who is a superuser, too, and may have any server called."""
    user = make_user("operator", Organisation.objects.get(slug="acme"), Membership.Role.MANAGER)
    User.objects.filter(pk=user.pk).update(is_superuser=True)
    user.refresh_from_db()
    return user


@pytest.fixture
def operator_client(operator: User) -> Client:
    clear_queue()
    client = Client()
    client.force_login(operator)
    return client
