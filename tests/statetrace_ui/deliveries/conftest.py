"""Receivers of webhooks on this machine, which the settings allow."""

from collections.abc import Iterator

import pytest
from django.conf import settings

from statetrace_ui.deliveries import endpoints
from statetrace_ui.deliveries.models import Endpoint
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.deliveries.receiver import Authority, Receiver, make_authority, receiving


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def receiver(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver by TLS whose host the operator has allowed, and whose authority the operator trusts."""
    monkeypatch.setattr(settings, "WEBHOOK_OWN_HOSTS", ["localhost"])
    monkeypatch.setattr(settings, "WEBHOOK_CA_FILE", str(authority.ca_file))
    with receiving(authority) as one:
        yield one


@pytest.fixture
def endpoint(organisation: Organisation, receiver: Receiver) -> Endpoint:
    """Acme's endpoint at the receiver; a token stands in its address."""
    return endpoints.add(organisation, "On-call", receiver.url("/hook?token=hush"))
