"""What the palette finds on the audited side. Each look-up enters an index, or looks at what is newest alone."""

from collections.abc import Iterator

from django.urls import reverse

from statetrace_ui.history import queries
from statetrace_ui.history.change_rows import record_label, record_url, table_label
from statetrace_ui.history.finding import found_records
from statetrace_ui.history.links import actor_url, changes_url
from statetrace_ui.history.models import Session
from statetrace_ui.history.question.terms import Choice, Question
from statetrace_ui.site.palette.items import Group, Item, group, matches, moment_text
from statetrace_ui.web.models import Organisation

LEAST_LETTERS = 2  # of an actor: one letter alone begins too many names


def groups(organisation: Organisation, text: str) -> list[Group]:
    """What is most particular first."""
    asked = Question(actors=Choice((text,)))
    found = queries.sessions(organisation, asked).rows if len(text) >= LEAST_LETTERS else []
    return [
        group("Records", records(organisation, text)),
        group("Actors", actors(found)),
        group("Sessions", sessions(organisation, text, found)),
        group("Requests", requests(organisation, text)),
        group("Tables", tables(organisation, text)),
        group("Sources", sources(organisation, text)),
    ]


def sources(organisation: Organisation, text: str) -> Iterator[Item]:
    for source in queries.sources_of(organisation):
        if matches(text, source.name):
            yield Item(source.name, "cable", reverse("history:source", args=[source.pk]))


def actors(found: list[Session]) -> Iterator[Item]:
    for session in found:
        if session.actor_id:
            hint = " · ".join(filter(None, (session.actor_email, session.source.name)))
            yield Item(str(session), "user", actor_url(session), hint)


def sessions(organisation: Organisation, text: str, found: list[Session]) -> Iterator[Item]:
    """The session of that id, and those of the actors found."""
    by_key = queries.session_by_key(organisation, text)
    for session in [*([by_key] if by_key else []), *found]:
        hint = f"{moment_text(session.started_at)} · {session.source.name}"
        yield Item(str(session), "users", reverse("history:session", args=[session.pk]), hint)


def requests(organisation: Organisation, text: str) -> Iterator[Item]:
    """The newest action of each address."""
    for action in queries.newest_requests(organisation, text):
        actor = str(action.session) if action.session else "no session"
        hint = f"{actor} · {moment_text(action.at)}"
        yield Item(str(action), "workflow", reverse("history:action_changes", args=[action.pk]), hint)


def tables(organisation: Organisation, text: str) -> Iterator[Item]:
    for table in queries.tables_named(organisation, text):
        yield Item(table_label(table), "table", changes_url(table), table.source.name)


def records(organisation: Organisation, text: str) -> Iterator[Item]:
    for row in found_records(organisation, text):
        change = row.change
        url = record_url(change.source_id, change.schema_name, change.table_name, change.record_key)
        name = f"{row.table} {record_label(change.record_key, change.columns)}"
        yield Item(f"{name} · {row.label[:60]}" if row.label else name, "tag", url, str(change.source))
