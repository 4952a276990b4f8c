"""What a data admin does on pages, done by a program: over HTTP, with the client, and with a worker of its own."""

from collections.abc import Callable

import psycopg
import pytest
from django.contrib.auth.models import User
from psycopg.conninfo import make_conninfo
from pytest_django.live_server_helper import LiveServer

from statetrace_ui.api import tokens
from statetrace_ui.api.scopes import scopes_of
from statetrace_ui.client import Refused, Statetrace
from statetrace_ui.web.models import Membership
from tests.relay import relay
from tests.replica.conftest import clear_queue, run_worker
from tests.statetrace_ui.api.conftest import SESSION

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("store", "clean_server", "registered_replicas"),
]


def opened(server: LiveServer, person: User) -> Statetrace:
    membership = person.memberships.get()
    return Statetrace(server.url, tokens.make(membership, "nightly", scopes_of(membership))[1])


def test_every_task_is_done_by_a_program(
    live_server: LiveServer, manager: User, stranger: User, new_database: Callable[..., str]
) -> None:
    clear_queue()
    stranger.memberships.update(role=Membership.Role.MANAGER)
    with opened(live_server, manager) as site, opened(live_server, stranger) as team:
        # Settings of the replica; a flow that syncs itself.
        assert site.call("PUT", "replica/settings", {"keep_days": 3650})["keep_days"] == 3650
        flow = site.put_user_flow("Checkout")
        site.set_autosync(flow, True)
        site.add_session(SESSION, flow, name="Run 1")
        run_worker()
        assert site.user_flow(flow)["status"] == "In Sync"
        # Who connects: the first password once, then another one.
        first = site.call("POST", "replica/credentials/reveal")
        with pytest.raises(Refused) as refused:
            site.call("POST", "replica/credentials/reveal")
        assert refused.value.status == 409
        second = site.rotate_credentials(hours=1)
        for access in (first, second):
            known = {name: access[name] for name in ("host", "port", "user", "password")}
            with psycopg.connect(make_conninfo("", dbname=access["database"], **known)) as tool:
                assert tool.execute("SELECT name FROM session_metadata").fetchall() == [("Run 1",)]
        site.call("DELETE", "replica/credentials/former")
        # The flow to another team's replica, which says yes, and to a database of one's own.
        offered = site.add_target("Team Y", recipient="elsewhere")["target_id"]
        assert [one["target_id"] for one in team.targets()] == [offered]
        assert team.accept_target(offered)["accepted_at"]
        with relay(new_database()) as way:
            owned = site.add_target("Ours", url=way.url)["target_id"]
            for target in (offered, owned):
                site.copy_to(flow, target)
                site.sync(flow, target_id=target)
                run_worker()  # a flow is copied to one place at a time
            copies = site.call("GET", f"userflows/{flow}/targets")["targets"]
            assert [(one["target_id"], one["status"]) for one in copies] == [(offered, "In Sync"), (owned, "In Sync")]
            assert team.call("GET", "replica/dbinfo")["database"]
            site.verify(flow, target_id=owned)
            run_worker()
            checked = next(one for one in site.verifications(flow, target_id=owned) if one["by_content"])
            assert (checked["outcome"], checked["sessions"], checked["differing"]) == ("done", 1, 0)
            # A mistaken import, which goes from all its copies.
            site.delete_session(SESSION)
            run_worker()
            with pytest.raises(Refused):
                site.session(SESSION)
            assert list(site.sessions(flow)) == []
        # Why did a sync fail: its database is not reached any more.
        site.sync(flow, target_id=owned)
        run_worker()
        failed = next(site.exports(flow, target_id=owned))
        assert failed["error"]
        assert site.cancel(flow, failed["run_id"], target_id=owned)["outcome"] in ("cancelled", "failed")
