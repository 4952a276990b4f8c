"""Answers with a download, and notes in the security log who took what."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from functools import partial
from typing import Any

from django.db.models import Q
from django.http import StreamingHttpResponse
from django.utils import timezone

from statetrace_ui.accounts.security_log import Event, bound, record
from statetrace_ui.history import queries
from statetrace_ui.history.downloads import change_lines, session_lines
from statetrace_ui.history.downloads.about import About, Asked, Tally
from statetrace_ui.history.downloads.archive import archive
from statetrace_ui.history.downloads.formats import FORMATS, Lines
from statetrace_ui.history.downloads.shares import Held
from statetrace_ui.history.models import Gap, RetentionRun, Source
from statetrace_ui.web.outcomes import UNFINISHED
from statetrace_ui.web.requests import Request

KINDS = {"changes": change_lines, "sessions": session_lines}


@dataclass(frozen=True)
class Download:
    """What is asked for. what: changes, sessions or records. of: its name, for people. pieces: of what is written.

    sources, start, end: what it is about, of which gaps are told. lines: how it is written in a zone, where not all
    things of this kind are written alike.
    """

    what: str
    of: str
    pieces: Iterable[list[Any]]
    sources: Sequence[Source]
    filters: Mapping[str, str] = field(default_factory=dict)
    start: datetime | None = None
    end: datetime | None = None
    lines: Callable[[tzinfo], Lines] | None = None


def deliver(request: Request, download: Download, format_name: str) -> StreamingHttpResponse:
    """The download as an answer that is made while it is sent. Raises UserError if too many are under way."""
    held = Held(request.organisation.pk)
    name = f"{download.what}-{timezone.now():%Y-%m-%dT%H%MZ}"
    making = _Making(request, download, format_name, name)
    making.record("begun")
    response = StreamingHttpResponse(held.of(making.parts()), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    response["Content-Encoding"] = "identity"  # it is compressed: GZipMiddleware would do that again
    return response


class _Making:
    """A download that is made, maybe in another thread than the one that answers the request."""

    def __init__(self, request: Request, download: Download, format_name: str, name: str) -> None:
        self._request = request
        self._download = download
        self._format = FORMATS[format_name]
        self._file = f"{name}.{self._format.suffix}"
        self._zone = timezone.get_current_timezone()
        self._begun_at = timezone.now()
        self._tally = Tally()
        self._asked = Asked(
            what=download.what,
            of=download.of,
            format=format_name,
            organisation=request.organisation.name,
            filters=download.filters,
            zone=str(self._zone),
            person=request.user.get_username(),
        )

    def parts(self) -> Iterator[bytes]:
        lines = (self._download.lines or partial(_lines, self._download.what))(self._zone)
        end = "ended before its end, after"
        try:
            yield from archive(self._file, self._format, lines, self._download.pieces, self._tally, self._about)
            end = "done,"
        finally:
            self.record(f"{end} {self._tally.things} {self._download.what}")

    def record(self, how: str) -> None:
        asked = self._asked
        filters = ", ".join(f"{name}={value}" for name, value in asked.filters.items())
        subject = f"{asked.of} as {self._format.label}{f' ({filters})' if filters else ''}"
        with bound(self._request):
            # What happened stands first: a long subject is cut.
            record(Event.DOWNLOADED, f"{how}: {subject}", organisation=self._request.organisation)

    def _about(self) -> About:
        download = self._download
        gaps = queries.gaps_touching(download.sources, download.start, download.end)
        return About(
            asked=self._asked,
            file=self._file,
            begun_at=self._begun_at.astimezone(self._zone),
            finished_at=timezone.now().astimezone(self._zone),
            tally=self._tally,
            gaps=[_told(gap, self._zone) for gap in gaps],
            more_gaps=len(gaps) == queries.MOST_TOLD,
            removals=self._removals(),
        )

    def _removals(self) -> list[str]:
        """Rows that were to come may have been removed before it was their turn."""
        since = Q(finished_at__gte=self._begun_at) | Q(outcome__in=UNFINISHED)
        runs = RetentionRun.objects.filter(since, source__in=self._download.sources).select_related("source")
        names = sorted({run.source.name for run in runs if run.removed_anything})
        return [f"Retention removed history of {name} while this was made: some may be missing." for name in names]


def _lines(what: str, zone: tzinfo) -> Lines:
    kind = KINDS[what]
    return Lines(kind.FIELDS, kind.CELLS, partial(kind.line_of, zone=zone), partial(kind.cells_of, zone=zone))


def _told(gap: Gap, zone: tzinfo) -> dict[str, str]:
    until = gap.until_at.astimezone(zone).isoformat() if gap.until_at else "now: it is open"
    return {
        "source": gap.source.name,
        "since": gap.since_at.astimezone(zone).isoformat(),
        "until": until,
        "reason": gap.get_reason_display(),
    }
