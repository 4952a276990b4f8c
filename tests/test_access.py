"""Every address of the site, as everybody sees it; one that is added must be classified here."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from replica.exports.models import UserFlowExport
from statetrace_ui.history.models import Change
from statetrace_ui.web.models import Organisation
from tests.replica.captured import FLOW, FULL, Captured
from tests.replica.conftest import captured_replica, captured_template  # noqa: F401
from tests.statetrace_ui.history.rows import make_action, make_change, make_relation, make_session, make_source, row

SECRET = "Unmistakable"  # stands in everything that is Acme's
FLAME: dict[str, object] = {"session_id": FULL, "version": "v", "thread": 0}
SESSION: dict[str, object] = {"session_id": FULL}

# What strangers may open, since it shows what is theirs.
OWN_PAGES = [
    "home",
    "history:sessions",
    "history:changes",
    "history:sources",
    "replica:flows",
    "exports:list",
    "databases:connection",
]
# What belongs to one organisation, with the arguments that lead to Acme's; numbers stand for names of `ids`.
OWNED: dict[str, dict[str, object]] = {
    "history:session": {"pk": "session"},
    "history:action_changes": {"pk": "action"},
    "history:change": {"pk": "change"},
    "history:record": {"source": "source", "table": "public.orders"},
    "history:source": {"pk": "source"},
    "replica:flow": {"user_flow_id": FLOW},
    "replica:flow_labels": {"user_flow_id": FLOW},
    "replica:session": SESSION,
    "replica:labels": SESSION,
    "replica:series": SESSION,
    "replica:series_data": SESSION,
    "replica:series_outlines": SESSION,
    "replica:network": SESSION,
    "replica:label": {**SESSION, "label_id": "l1"},
    "replica:exchange": {**SESSION, "message_id": 2},
    "replica:issue": {**SESSION, "issue_id": "i1", "impact_id": "p1"},
    "replica:thread": {**SESSION, "process_id": 7, "thread_id": 1},
    "replica:flame": SESSION,
    "replica:flame_methods": {**SESSION, "version": "v"},
    "replica:flame_tile": {**FLAME, "level": 0, "index": 0},
    "replica:flame_merged": FLAME,
    "replica:flame_call": FLAME,
    "replica:flame_search": FLAME,
    "exports:export": {"pk": "export"},
}
QUERIES = {
    "history:record": '?key=["7"]',
    "replica:issue": "?category=Low+Frame+Rate",
    "replica:flame_merged": "?weight=wall",
    "replica:flame_call": "?depth=0&at=0",
    "replica:flame_search": "?q=a",
}
# POST alone, by managers alone.
MANAGED: dict[str, dict[str, object]] = {
    "exports:sync": {"pk": "export"},
    "exports:autosync": {"pk": "export"},
    "databases:reset": {},
}
ACCOUNT = ["login", "logout", "choose-organisation"]
KNOWN = {*OWN_PAGES, *OWNED, *MANAGED, *ACCOUNT}
Address = Callable[[str], str]


def patterns(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from patterns(entry, inner)
        else:
            yield f"{namespace}{entry.name}", entry


ALL = dict(patterns(get_resolver()))
# What lies behind a changelist (addresses with arguments) is behind the same door.
ADMIN = sorted(
    name
    for name, pattern in ALL.items()
    if name.startswith("admin:")
    and not ({"<", "("} & set(str(pattern.pattern)))
    and name not in ("admin:login", "admin:logout")
)


@pytest.fixture
def address(
    organisation: Organisation,
    new_database: object,  # forgets the replica's pool when the test is over
    captured_replica: Captured,  # noqa: F811
) -> Address:
    """The address of a name, leading to what Acme has."""
    export = UserFlowExport.objects.create(organisation=organisation, name=SECRET, user_flow_id=FLOW)
    change = _change(organisation)
    ids: dict[object, object] = {
        "session": change.transaction.actions.get().session_id,
        "action": change.transaction.actions.get().pk,
        "change": change.pk,
        "source": change.source_id,
        "export": export.pk,
    }
    arguments = {**OWNED, **MANAGED}

    def made(name: str) -> str:
        values = {key: ids.get(value, value) for key, value in arguments.get(name, {}).items()}
        return reverse(name, kwargs=values) + QUERIES.get(name, "")

    return made


def _change(organisation: Organisation) -> Change:
    source = make_source(organisation, SECRET)
    action = make_action(make_session(source, actor_full_name=SECRET))
    return make_change(action.transaction, make_relation(source), "U", old=row(), new=row(status=SECRET))


def signed_in(user: User, enforce_csrf_checks: bool = False) -> Client:
    client = Client(enforce_csrf_checks=enforce_csrf_checks)
    client.force_login(user)
    return client


def test_every_address_is_classified_here() -> None:
    assert {name for name in ALL if not name.startswith("admin:")} == KNOWN


@pytest.mark.parametrize("name", sorted(KNOWN - {*ACCOUNT, *MANAGED}))
def test_a_visitor_is_asked_to_sign_in(name: str, address: Address, client: Client) -> None:
    answer = client.get(address(name))
    assert answer.status_code == 302
    assert answer.headers["location"].startswith("/account/login/?next=")


@pytest.mark.parametrize("name", ADMIN)
def test_the_admin_site_is_for_staff(name: str, address: Address, manager: User) -> None:
    assert signed_in(manager).get(reverse(name)).headers["location"].startswith("/admin/login/")


@pytest.mark.parametrize("name", OWN_PAGES)
def test_a_strangers_page_shows_nothing_of_others(name: str, address: Address, stranger_client: Client) -> None:
    answer = stranger_client.get(address(name))
    assert answer.status_code == 200
    assert SECRET not in answer.content.decode()


@pytest.mark.parametrize("name", sorted(OWNED))
def test_a_stranger_does_not_find_it(name: str, address: Address, stranger_client: Client) -> None:
    answer = stranger_client.get(address(name))
    assert answer.status_code == 404
    assert SECRET not in answer.content.decode()


@pytest.mark.parametrize("name", sorted(MANAGED))
def test_only_managers_change_things(name: str, address: Address, reader_client: Client, client: Client) -> None:
    assert reader_client.post(address(name)).status_code == 403
    assert reader_client.get(address(name)).status_code == 405
    assert client.post(address(name)).headers["location"].startswith("/account/login/")
    assert not UserFlowExport.objects.get().runs.exists()


@pytest.mark.parametrize("name", sorted(MANAGED))
def test_a_manager_elsewhere_changes_nothing_here(name: str, address: Address, stranger: User) -> None:
    stranger.memberships.update(role="manager")
    assert signed_in(stranger).post(address(name)).status_code == 404
    assert not UserFlowExport.objects.get().runs.exists()


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_post_without_its_token_is_refused(name: str, address: Address, manager: User) -> None:
    assert signed_in(manager, enforce_csrf_checks=True).post(address(name)).status_code == 403


@pytest.mark.parametrize("name", sorted({*OWN_PAGES, *OWNED}))
def test_looking_changes_nothing(name: str, address: Address, manager: User) -> None:
    client, target = signed_in(manager), address(name)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL transaction_read_only = on")
        assert client.get(target).status_code in (200, 404, 410)


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_answers_are_guarded(name: str, address: Address, manager: User) -> None:
    """Also those that say that something is not there."""
    headers = signed_in(manager).get(address(name)).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert {"private", "no-store"} & set(headers.get("cache-control", "").replace(",", " ").split())
