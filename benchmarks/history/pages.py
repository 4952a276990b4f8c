"""Visits every page and list of the audited side, each at addresses of things spread over the whole history."""

import random
import time
import warnings
from collections.abc import Callable, Container, Iterator
from statistics import quantiles
from typing import Any
from urllib.parse import quote, urlencode

HTMX = {"HX-Request": "true"}
TABLE = "public.table_1"


def prepare_settings() -> None:
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    warnings.filterwarnings("ignore", message="No directory at")


def visit_all(organisation: Any, visits: int, names: Container[str] | None = None) -> dict[str, float]:
    """{page: p95 in ms} of pages that are visited by a signed-in reader; the first visit to each does not count.

    names: which pages; all of them, if there are none.
    """
    client = signed_in(organisation)
    taken = {}
    for name, addresses in pages(organisation).items():
        if names is not None and name not in names:
            continue
        headers = HTMX if "fragment" in name else {}
        taken[name] = _p95([_visit(client, next(addresses), headers) for _ in range(visits + 1)][1:])
    return taken


def signed_in(organisation: Any) -> Any:
    from django.contrib.auth.models import User
    from django.test import Client

    from statetrace_ui.web.models import Membership

    user, is_new = User.objects.get_or_create(username="reader")
    if is_new:
        Membership.objects.create(user=user, organisation=organisation, role=Membership.Role.READER)
    client = Client()
    client.force_login(user)
    return client


def _visit(client: Any, address: str, headers: dict[str, str]) -> float:
    begun = time.perf_counter()
    response = client.get(address, headers=headers)
    taken = (time.perf_counter() - begun) * 1000
    assert response.status_code in (200, 204), (address, response.status_code)
    return taken


def _p95(taken: list[float]) -> float:
    return quantiles(taken, n=20)[-1]


def pages(organisation: Any) -> dict[str, Iterator[str]]:
    """Endless addresses of each page, the same ones in each run over the same history."""
    chosen = Chosen(organisation)
    makers = {**_changes(chosen), **_details(chosen), **_sessions(chosen), **_sources(chosen)}
    return {name: iter(make, "") for name, make in makers.items()}


class Chosen:
    """Things of a history, chosen by chance."""

    def __init__(self, organisation: Any) -> None:
        from statetrace_ui.history.models import Source

        self._random = random.Random(11)
        self._sources = list(Source.objects.filter(organisation=organisation).order_by("pk"))

    def source(self) -> Any:
        return self._random.choice(self._sources)

    def kind(self) -> str:
        return self._random.choice("IUD")

    def any_of(self, model: Any, **filters: Any) -> Any:
        of_source = model.objects.filter(source=self.source(), **filters)
        first, last = (of_source.order_by(key).values_list("id", flat=True)[0] for key in ("id", "-id"))
        return of_source.filter(id__gte=self._random.randint(first, last)).order_by("id")[0]

    def change(self, **filters: Any) -> Any:
        from statetrace_ui.history.models import Change

        return self.any_of(Change, **filters)

    def action(self) -> Any:
        from statetrace_ui.history.models import Action

        return self.any_of(Action)

    def session(self) -> Any:
        from statetrace_ui.history.models import Session

        return self.any_of(Session)

    def far_on(self) -> str:
        """The cursor of a page of rows, by their keys."""
        from statetrace_ui.web.paging import encode

        return f"cursor={encode([self.change(kind='I').record_key])}"

    def day(self) -> str:
        at = self.action().at.date()
        return f"since={at}&until={at}"


Makers = dict[str, Callable[[], str]]


def _changes(chosen: Chosen) -> Makers:
    """The list of changes, by each of its filters and some together."""
    from statetrace_ui.web.paging import encode

    def far_back() -> str:
        return f"cursor={encode([chosen.change().pk])}"

    return {
        "changes": lambda: "/changes/?group=change",
        "changes by transaction": lambda: "/changes/",
        "changes, a page far back": lambda: f"/changes/?{far_back()}",
        "changes, older rows (fragment)": lambda: f"/changes/?{far_back()}",
        "changes of a source": lambda: f"/changes/?source={chosen.source().pk}",
        "changes of a table": lambda: f"/changes/?table={TABLE}",
        "changes of a table, far back": lambda: f"/changes/?table={TABLE}&{far_back()}",
        "changes of a kind": lambda: f"/changes/?kind={chosen.kind()}",
        "changes of a kind that is rare": lambda: "/changes/?kind=T",
        "changes of a table and kind": lambda: f"/changes/?table={TABLE}&kind=D",
        "rows of baselines": lambda: "/changes/?kind=B",
        "gaps among changes": lambda: "/changes/?kind=G",
        "changes of a day": lambda: f"/changes/?{chosen.day()}",
        "changes of a day, table and source": lambda: (
            f"/changes/?{chosen.day()}&table={TABLE}&source={chosen.source().pk}"
        ),
        "new changes (live fragment)": lambda: f"/changes/?after={chosen.change().pk}",
        "no new changes (live fragment)": lambda: f"/changes/?after={2**62}",
    }


def _details(chosen: Chosen) -> Makers:
    """One change, one value, one record, one transaction."""

    def record(change: Any, query: str = "") -> str:
        table = quote(f"{change.schema_name}.{change.table_name}")
        return f"/records/{change.source_id}/?table={table}&key={quote(change.record_key)}{query}"

    def value() -> str:
        return f"/changes/{chosen.change(kind='U').pk}/value/?{urlencode({'side': 'new', 'column': 'note'})}"

    def known_record(query: str = "") -> str:
        return record(chosen.change(kind__in="IUDB"), query)

    def row_text() -> str:
        change = chosen.change(kind="U")
        return record(change, f"&at={change.pk}&form=sql").replace("/?", "/text/?", 1)

    def record_then() -> str:
        change = chosen.change(kind__in="IUDB")
        return record(change, f"&at={change.pk}")

    return {
        "a change": lambda: f"/changes/{chosen.change().pk}/",
        "a change (fragment)": lambda: f"/changes/{chosen.change().pk}/",
        "a value": value,
        "a record": known_record,
        "a record (fragment)": known_record,
        "a record as of a moment": record_then,
        "a record's row as text": row_text,
        "an action's changes": lambda: f"/actions/{chosen.action().pk}/changes/",
        "an action's changes of a table": lambda: f"/actions/{chosen.action().pk}/changes/?table={TABLE}",
        "an action's changes (fragment)": lambda: f"/actions/{chosen.action().pk}/changes/",
    }


def _sessions(chosen: Chosen) -> Makers:
    return {
        "home": lambda: "/",
        "sessions": lambda: "/sessions/",
        "sessions of a source": lambda: f"/sessions/?source={chosen.source().pk}",
        "sessions of a day": lambda: f"/sessions/?{chosen.day()}",
        "sessions of an actor": lambda: f"/sessions/?actor=actor{chosen.session().pk % 1000}",
        "a session, with its timeline": lambda: f"/sessions/{chosen.session().pk}/",
        "a session's actions (fragment)": lambda: f"/sessions/{chosen.session().pk}/",
    }


def _sources(chosen: Chosen) -> Makers:
    def of_source(path: str) -> Callable[[], str]:
        return lambda: f"/sources/{chosen.source().pk}/{path}"

    def rows_then() -> str:
        change = chosen.change()
        return f"/sources/{change.source_id}/rows/?table={TABLE}&at={change.pk}"

    def erasure() -> str:
        from statetrace_ui.history.models import Erasure

        return f"/erasures/{chosen.any_of(Erasure).pk}/"

    return {
        "sources": lambda: "/sources/",
        "sources (fragment)": lambda: "/sources/",
        "a source, with its gaps": of_source(""),
        "rows of a table": of_source(f"rows/?table={TABLE}"),
        "rows of a table, far on": lambda: f"/sources/{chosen.source().pk}/rows/?table={TABLE}&{chosen.far_on()}",
        "rows of a table as of a moment": rows_then,
        "a table's shapes": of_source(f"shapes/?table={TABLE}"),
        "actions without a session": of_source("actions/"),
        "annotations that were not read": of_source("annotations/"),
        "migrations": of_source("migrations/"),
        "column rules": of_source("rules/"),
        "a table's column rules": of_source("rules/table/?schema=public&table=table_1"),
        "verification": of_source("verification/"),
        "retention": of_source("retention/"),
        "retention (fragment)": of_source("retention/"),
        "erasures": of_source("erasures/"),
        "an erasure": erasure,
    }
