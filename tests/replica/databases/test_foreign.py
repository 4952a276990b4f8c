"""A replica that somebody else fills: it is asked who it is, and it cannot hang those who read it."""

from collections.abc import Callable, Iterator

import pytest
from adbc_driver_manager import Error as ColumnsError
from django.db import OperationalError, connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import Client
from django.urls import reverse

from replica.databases.arrow import column_cursor
from replica.databases.connections import SHARE_SECONDS, _shares, alias_for, share_of_threads
from replica.databases.deadlines import DeadlineConnection
from replica.databases.identity import OwnDatabase
from replica.databases.models import Replica
from statetrace_ui.addresses import parse
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation
from tests.relay import Way, relay

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("store", "registered_replicas")]


def entered(organisation: Organisation, url: str) -> Replica:
    """The replica with an address that was stored before it was looked at."""
    return Replica.objects.create(organisation=organisation, database="theirs", login_role="theirs", reader_url=url)


@pytest.fixture
def way(organisation: Organisation, new_database: Callable[..., str], replica_template: str) -> Iterator[Way]:
    with relay(new_database(template=replica_template)) as found:
        entered(organisation, found.url)
        yield found


def read(way: Way) -> None:
    with column_cursor(parse(way.url).url(), 1) as columns:
        columns.table("call_metadata", session="none")


def test_both_drivers_read_it(way: Way, organisation: Organisation) -> None:
    with connections[alias_for(organisation)].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM session_metadata")
        assert cursor.fetchone() == (0,)
    read(way)


def test_a_stored_address_that_leads_to_the_store_is_not_read(
    organisation: Organisation, store: str, reader_client: Client
) -> None:
    with relay(store) as way:
        entered(organisation, way.url)
        with pytest.raises(OwnDatabase):
            alias_for(organisation)
        with pytest.raises(OwnDatabase):
            read(way)
        assert reader_client.get(reverse("replica:flows")).status_code == 503


@pytest.mark.parametrize("query", ["hostaddr=127.0.0.1", "passfile=/x", "host=/run"])
def test_a_stored_address_that_would_be_refused_today_is_not_read(query: str, organisation: Organisation) -> None:
    entered(organisation, f"postgresql://u:p@/d?{query}")
    with pytest.raises(UserError, match="not taken any more") as refused:
        alias_for(organisation)
    assert refused.value.status == 503


class TestSilence:
    def test_a_page_ends_when_its_replica_goes_silent(
        self, way: Way, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        alias = alias_for(organisation)
        monkeypatch.setattr(DeadlineConnection, "deadline", 0.3)
        way.freeze()
        with pytest.raises(OperationalError, match="no answer in time"), connections[alias].cursor() as cursor:
            cursor.execute("SELECT 1")
        connections[alias].close()

    def test_columns_end_when_their_replica_goes_silent(self, way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("replica.databases.arrow.GRACE_SECONDS", 0)
        with column_cursor(parse(way.url).url(), 1) as columns:
            way.freeze()
            with pytest.raises(ColumnsError):
                columns.table("call_metadata", session="none")

    def test_a_door_that_is_full_says_so(self, organisation: Organisation, settings: object) -> None:
        settings.WEB_THREADS = 1  # type: ignore[attr-defined]
        _shares.pop(organisation.pk, None)
        with (
            share_of_threads(organisation),
            pytest.raises(UserError, match="Too many pages"),
            share_of_threads(organisation),
        ):
            pass
        with share_of_threads(Organisation(pk=0)):
            _shares.pop(organisation.pk)
            _shares.pop(0)

    def test_nobody_waits_at_a_door_where_somebody_has_just_waited_in_vain(
        self, organisation: Organisation, settings: object
    ) -> None:
        settings.WEB_THREADS = 1  # type: ignore[attr-defined]
        _shares.pop(organisation.pk, None)
        with share_of_threads(organisation):
            before = _shares[organisation.pk].patience
            with pytest.raises(UserError), share_of_threads(organisation):
                pass
            assert (before, _shares[organisation.pk].patience) == (SHARE_SECONDS, 0)
        with share_of_threads(organisation):
            _shares.pop(organisation.pk)

    def test_the_pool_of_an_old_address_is_closed(self, way: Way, organisation: Organisation) -> None:
        old = alias_for(organisation)
        pools = DatabaseWrapper._connection_pools  # type: ignore[attr-defined]
        pool = pools[old]
        connections[old].close()
        Replica.objects.update(reader_url=way.url.replace("127.0.0.1", "localhost"))
        assert alias_for(Organisation.objects.get(pk=organisation.pk)) != old
        assert pool.closed
        assert old not in pools
