"""Looks what has happened to what is watched; one process at a time, so that ids are the order of visibility.

Of a question its subject knows how far it has looked, and moves on in the transaction that stores what was found. What
other rooms have written down is found by keys: a look that was killed is made up for by the next one, once.
"""

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Min, Q
from django.urls import reverse
from django.utils import timezone

from replica.exports.models import SyncRun
from replica.exports.outcomes import RunOutcome
from statetrace_ui.attention.models import Occurrence
from statetrace_ui.history.alerts.finding import Found, committed_at, find, line_between, newest_id
from statetrace_ui.history.asking import query_of
from statetrace_ui.history.question.errors import QuestionError
from statetrace_ui.watch import queries
from statetrace_ui.watch.models import Happening, Kind, Subject
from statetrace_ui.web.locks import alone

logger = logging.getLogger(__name__)
ALL_SECONDS = 40.0  # of one round, which comes each minute
BACK = timedelta(days=7)  # for so long a worker may be away and nothing is missed
MOST = 200  # of one kind that one look finds
KEPT = timedelta(days=90)
FORGOTTEN_AT_ONCE = 10_000


def look_for_all() -> None:
    """Beginning with what has waited longest, for as long as a round may take."""
    begun = time.monotonic()
    with alone("watch", "") as mine:
        waiting = Subject.objects.order_by(F("looked_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)
        for number in list(waiting) if mine else ():
            if time.monotonic() - begun > ALL_SECONDS:
                break
            subject = Subject.objects.select_related("organisation", "question").filter(pk=number).first()
            if subject:
                look(subject)


def look(subject: Subject) -> None:
    is_watched = subject.pk in queries.watchers([subject])
    if subject.kind == Kind.QUESTION:
        _look_for_matches(subject, is_watched)
    elif is_watched:
        _store(subject, list(_facts(subject)))


def _look_for_matches(subject: Subject, is_watched: bool) -> None:
    end = newest_id(subject.organisation)
    if not is_watched or subject.question is None:
        _move(subject, max(end, subject.reached), "")
        return
    try:
        found = find(subject.organisation, subject.question.line, subject.reached, end)
    except QuestionError as error:
        _fail(subject, f"is not understood any more: {error.sentence}")
    except Exception as error:
        logger.exception("What is new of the question of subject %s was not found", subject.pk)
        _fail(subject, f"could not be asked ({type(error).__name__}); the log of the worker says where.")
    else:
        _keep(subject, subject.question.line, found)


def _keep(subject: Subject, line: str, found: Found) -> None:
    """Move on, and store what was found, in one transaction."""
    with transaction.atomic():
        if not _move(subject, found.reached, "") or found.last is None:
            return
        since, until = committed_at(found.first[0]), committed_at(found.last)
        asked = line_between(line, since, until) if since and until else line
        Happening.objects.create(
            subject=subject,
            key=f"matches to {found.reached}",
            title=f"{found.count:,} new change{' matches' if found.count == 1 else 's match'} “{subject.question}”",
            url=f"{reverse('history:changes')}{query_of(asked)}",
            at=until or timezone.now(),
        )


def _fail(subject: Subject, fault: str) -> None:
    """Tell once that it cannot be asked. It stays where it is, so nothing is missed."""
    now = timezone.now()
    with transaction.atomic():
        if _move(subject, subject.reached, fault) and fault != subject.fault:
            title, key = f"The question “{subject.question}” {fault}", f"fault {now.timestamp():.6f}"
            subject.happenings.create(key=key, title=title, url=reverse("history:changes"), at=now)


def _move(subject: Subject, reached: int, fault: str) -> bool:
    """Whether it was still where it was when the look began."""
    unmoved = Subject.objects.filter(pk=subject.pk, reached=subject.reached)
    return bool(unmoved.update(reached=reached, looked_at=timezone.now(), fault=fault))


def _store(subject: Subject, facts: list[Happening]) -> None:
    """Those that are not stored yet, in the order in which they happened."""
    known = set(subject.happenings.filter(key__in=[one.key for one in facts]).values_list("key", flat=True))
    new = sorted((one for one in facts if one.key not in known), key=lambda one: one.at)
    with transaction.atomic():
        Happening.objects.bulk_create(new)
        Subject.objects.filter(pk=subject.pk).update(looked_at=timezone.now())


def _facts(subject: Subject) -> Iterator[Happening]:
    """What other rooms have written down since the first of those who watch it began, within BACK."""
    first = subject.watches.aggregate(first=Min("since"))["first"] or timezone.now()
    begin = max(first, timezone.now() - BACK)
    yield from _occurrences(subject, begin)
    if subject.kind == Kind.FLOW:
        yield from _syncs(subject, begin)


def _occurrences(subject: Subject, begin: datetime) -> Iterator[Happening]:
    lately = Q(noticed_at__gt=begin) | Q(over_at__gt=begin)
    found = Occurrence.objects.filter(lately, organisation=subject.organisation_id)
    if subject.kind != Kind.ATTENTION:
        found = found.filter(about=f"{subject.kind} {subject.target}")
    for one in found.order_by("-id")[:MOST]:
        shown = {"subject": subject, "url": one.url, "for_managers": one.for_managers}
        if one.noticed_at > begin:
            yield Happening(key=f"occurrence {one.pk}", title=one.what, at=one.noticed_at, **shown)
        if one.over_at and one.over_at > begin:
            yield Happening(key=f"occurrence {one.pk} over", title=f"Over: {one.what}", at=one.over_at, **shown)


def _syncs(subject: Subject, begin: datetime) -> Iterator[Happening]:
    """Syncs that have copied something."""
    runs = SyncRun.objects.filter(export__organisation=subject.organisation_id, export__user_flow_id=subject.target)
    done = runs.filter(outcome=RunOutcome.DONE, sessions_done__gt=0, finished_at__gt=begin)
    for run in done.select_related("export__target").defer("export__target__url").order_by("-id")[:MOST]:
        count = f"{run.sessions_done:,} session{'' if run.sessions_done == 1 else 's'}"
        url = reverse("exports:export", args=[run.export_id])
        title = f"{count} of {run.export} {'was' if run.sessions_done == 1 else 'were'} synced"
        yield Happening(subject=subject, key=f"run {run.pk}", title=title, url=url, at=run.finished_at or begin)


def forget_old() -> None:
    before, removed = timezone.now() - KEPT, FORGOTTEN_AT_ONCE
    while removed >= FORGOTTEN_AT_ONCE:
        old = Happening.objects.filter(noticed_at__lt=before).order_by("noticed_at").values_list("pk", flat=True)
        removed, _ = Happening.objects.filter(pk__in=list(old[:FORGOTTEN_AT_ONCE])).delete()
