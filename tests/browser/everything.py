"""Every page of the site, of an organisation that has something of every kind to show."""

import datetime as dt
from collections.abc import Iterator

from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page

from replica.databases.models import Replica
from replica.exports.models import SyncRun, UserFlowExport
from statetrace_ui.capture.adding.survey import SeenSecret, SeenTable, Survey
from statetrace_ui.history.gap_store import Loss, declare
from statetrace_ui.history.models import Change, Gap, Source
from statetrace_ui.web.models import Organisation
from statetrace_ui.web.outcomes import Outcome
from tests.access.addresses import ACCOUNT, ADMIN, MANAGERS_PAGES, SHOWN, SQL_PAGES
from tests.access.answers import signed_in
from tests.access.holdings import Holdings
from tests.statetrace_ui.history.rows import (
    HOSTILE,
    make_action,
    make_change,
    make_relation,
    make_session,
    make_source,
    make_transaction,
    row,
)

REST = """() => {
    const seen = (selector) => [...document.querySelectorAll(selector)].some((part) => part.checkVisibility());
    const drawn = [...document.querySelectorAll('[data-chart]')].every((chart) => chart.querySelector('.main-svg'));
    return document.readyState === 'complete' && drawn && !seen('[data-settled=false], .skeleton');
}"""


def furnish(holdings: Holdings) -> None:
    """Give the organisation more of what it has: changes of every kind, failures, a session with many actions."""
    source = Source.objects.get(organisation=holdings.organisation)
    _add_changes(source)
    _add_survey(holdings.organisation)
    make_source(holdings.organisation, "broken", error="The server refused the connection.", status="error")
    _add_runs(UserFlowExport.objects.get(organisation=holdings.organisation))


def _add_survey(organisation: Organisation) -> None:
    """What a check of a draft may find."""
    seen = Survey([SeenTable("public.item", 12, 8192)], [SeenSecret("public.item.key", "text", "default")], 3, 20, 9000)
    findings = [
        ["max_slot_wal_keep_size is not limited.", False, "RETAINED", "ALTER SYSTEM SET a = 1;"],
        ["idle_replication_slot_timeout is 1d.", False, "IDLE", ""],
    ]
    organisation.source_drafts.update(survey=seen.as_json(), findings=findings)


def _add_changes(source: Source) -> None:
    orders = make_relation(source, "orders", oid=2)
    session = make_session(source, "busy", announced=False, client_user_agent="Mozilla/5.0 Firefox/128.0 (Linux)")
    for number in range(12):
        at = session.started_at + dt.timedelta(seconds=3 * number)
        action = make_action(session, at, url=f"/orders/{number}/{'pay/' * 12}", version="1.4.2")
        later = str(at + dt.timedelta(days=1))
        new = row(str(number), status="paid", updated_at=later, details='{"items": []}', total=None)
        make_change(action.transaction, orders, "U", str(number), old=row(str(number)), new=new)
        make_change(action.transaction, orders, "I", str(number), new=row(status=HOSTILE))
    for kind in sorted({*Change.Kind.values} - {"G"}):
        before, after = row() if kind == "D" else None, None if kind in ("D", "T") else row()
        make_change(make_transaction(source), orders, kind, old=before, new=after)
    make_change(make_transaction(source), orders, "U", new=row(), unchanged=["details"])
    declare(source, Loss(Gap.Reason.SLOT_GONE, f"the replication slot {HOSTILE} is gone"))


def _add_runs(export: UserFlowExport) -> None:
    export.description = "Somebody looks for a lamp and buys it."
    export.save()
    for outcome in (Outcome.DONE, Outcome.FAILED):
        SyncRun.objects.create(
            export=export,
            outcome=outcome,
            started_at=timezone.now(),
            finished_at=timezone.now(),
            sessions_total=2,
            sessions_done=1,
            rows_by_table={"session_labels": 12, "function_call_site": 12_345},
            error="The disk of the server is full." if outcome == Outcome.FAILED else "",
        )


def own_pages(holdings: Holdings, member: User) -> Iterator[tuple[str, str]]:
    """(name, address) of every page for members; what is only a part of a page, or data, is left out."""
    client = signed_in(member)
    yield from (
        (name, holdings.address(name))
        for name in [*SHOWN, *SQL_PAGES, *MANAGERS_PAGES]
        if is_page(client, holdings.address(name))
    )
    for name in ("tokens", "profile", "browser-sessions", "second-factor", "own-password"):
        yield name, reverse(name)
    yield "no such page", "/nowhere/"
    yield "an address that is not understood", f"{reverse('history:sessions')}?cursor=broken"


def visitors_pages() -> Iterator[tuple[str, str]]:
    """(name, address) of every page for people who have not signed in, but the one that a set-up link opens once."""
    names = [name for name, arguments in ACCOUNT.items() if not arguments]
    yield from ((name, reverse(name)) for name in names if is_page(Client(), reverse(name)))


def admin_pages(holdings: Holdings, administrator: User) -> Iterator[tuple[str, str]]:
    """(name, address) of every list and form of the admin site, and of the forms of what there is."""
    client = signed_in(administrator)
    yield from ((name, reverse(name)) for name in ADMIN if is_page(client, reverse(name)))
    replica = Replica.objects.get(organisation=holdings.organisation)
    kept: dict[str, object] = {
        "admin:databases_replica_change": replica.pk,
        "admin:databases_replica_credentials": replica.pk,
        "admin:exports_userflowexport_change": holdings.ids["export"],
        "admin:history_source_change": holdings.ids["source"],
        "admin:web_organisation_change": holdings.organisation.pk,
    }
    yield from ((name, reverse(name, args=[pk])) for name, pk in kept.items())


def is_page(client: Client, address: str) -> bool:
    """Whether a whole document for a browser answers."""
    answer = client.get(address)
    html = answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
    return html and answer.content.lstrip()[:15].lower() == b"<!doctype html>"


def at_rest(page: Page) -> None:
    """Wait until the page has drawn all that it asked for; lists that follow what happens go on asking."""
    page.wait_for_function(REST)
