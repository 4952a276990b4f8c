"""Filters of the audited pages: sessions, actions, sources and values in words."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from statetrace_ui.history import avatars, row_terms
from statetrace_ui.history.annotated import extra, is_disputed, later_announcements
from statetrace_ui.history.asking import query_of
from statetrace_ui.history.chain.heads import Head, head_of
from statetrace_ui.history.change_rows import record_label
from statetrace_ui.history.comparison import Word
from statetrace_ui.history.links import actor_url
from statetrace_ui.history.models import Session, Source
from statetrace_ui.history.values import Excerpt, Value
from statetrace_ui.wal.lsn import format_lsn
from statetrace_ui.wal.masking import short_digest
from statetrace_ui.web.quantities import ago
from statetrace_ui.web.timeline import colour_of
from statetrace_ui.web.tones import Status, Tone

register = template.Library()
register.filter("lsn", format_lsn)
register.filter(actor_url)
for describe in (extra, is_disputed, later_announcements):
    register.filter(describe.__name__, describe)
register.filter("asking", query_of)
for of in ("table", "kind", "request", "field", "row", "session"):
    register.filter(f"terms_of_{of}", getattr(row_terms, f"of_{of}"))

AGENTS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Version", "Safari"))
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "CrOS", "Linux")
IDENTITIES = {
    "d": "old values: only a changed key",
    "f": "old values: the whole row",
    "i": "old values: the columns of an index",
    "n": "old values: none",
}
BRIEF = 32
MARK = "<mark>{}</mark>"


@register.filter
def lasted(session: Session) -> float:
    """Milliseconds from the session's first sign to its last."""
    return (session.last_at - session.started_at) / timedelta(milliseconds=1)


@register.filter
def until(start: datetime, end: datetime) -> float:
    """Milliseconds from one moment to the other."""
    return (end - start) / timedelta(milliseconds=1)


@register.filter
def initials(session: Session) -> str:
    """One or two letters that stand for the actor; "?" for an unknown one."""
    name = session.actor_full_name or session.actor_email.partition("@")[0] or session.actor_id
    letters = [word[0] for word in re.findall(r"[^\W_]+", name)]
    return "".join(letters[:1] + letters[1:][-1:]).upper() or "?"


@register.filter
def avatar_address(session: Session) -> str:
    """Where the actor's picture is: on this site, or at a host of AVATAR_HOSTS; '' for one that is not shown."""
    kept: str = session.avatar if hasattr(session, "avatar") else session.actor_avatar
    if avatars.begins_as_image(kept):
        return reverse("history:avatar", args=[session.pk])
    return kept if avatars.is_at(kept, settings.AVATAR_HOSTS) else ""


@register.filter
def actor_colour(session: Session) -> int:
    return colour_of(session.actor_id or session.actor_email or session.actor_full_name)


@register.filter
def colour(category: str) -> int:
    return colour_of(category)


@register.filter
def agent(user_agent: str) -> str:
    """The browser and system that a user agent names: `Firefox 128 on Windows`; else its beginning."""
    browser = next((f"{name} {m[1]}" for token, name in AGENTS if (m := re.search(rf"{token}/(\d+)", user_agent))), "")
    system = next((name for name in SYSTEMS if name in user_agent), "").replace("Mac OS X", "macOS")
    found = " on ".join(filter(None, (browser, system)))
    return found or (user_agent[:40] + "…" if len(user_agent) > 40 else user_agent) or "–"


@register.filter
def since(at: datetime, origin: datetime) -> str:
    """`+1.204 s`: how long after the origin."""
    seconds = (at - origin).total_seconds()
    if seconds < 60:
        return f"+{seconds:.3f} s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"+{int(minutes)}:{rest:06.3f}"
    return f"+{int(minutes // 60)}:{int(minutes % 60):02}:{int(rest):02}"


@register.filter
def clock(at: datetime) -> str:
    """`22 Nov 10:15:03` in the viewer's zone, which the list's heading names."""
    return timezone.localtime(at).strftime("%d %b %H:%M:%S").lstrip("0")


@register.filter
def how_long_ago(at: datetime) -> str:
    return ago((timezone.now() - at).total_seconds())


@register.simple_tag
def zone() -> str:
    """The viewer's zone, as it is called now."""
    return timezone.localtime().tzname() or "UTC"


@register.filter
def identity(code: str) -> str:
    """Which old values the source sends of a changed row, by the table's replica identity."""
    return IDENTITIES.get(code, code)


@register.simple_tag
def now_in_zone() -> str:
    """`27 Nov 2026, 10:15:03 CET`: now, in the viewer's zone."""
    return timezone.localtime().strftime("%d %b %Y, %H:%M:%S %Z").lstrip("0")


@register.simple_tag
def chain_head(source: Source) -> Head | None:
    return head_of(source.pk)


ZONED = re.compile(r"timestamp(\(\d\))? with time zone")


@register.filter
def local_time(value: Value, column_type: str) -> datetime | None:
    """A moment that PostgreSQL wrote, in the viewer's zone; None for any other value, also one without a zone."""
    if not isinstance(value, str) or not ZONED.fullmatch(column_type):
        return None
    try:
        return timezone.localtime(datetime.fromisoformat(value))
    except (ValueError, OverflowError):  # infinity, or a year beyond the calendar
        return None


@register.filter
def in_words(at: datetime) -> str:
    """`22 Nov 2026, 11:34:18.25 CET`, with as much of a second as there is."""
    fraction = f".{at.microsecond:06}".rstrip("0") if at.microsecond else ""
    return f"{at.strftime('%d %b %Y, %H:%M:%S').lstrip('0')}{fraction} {at.tzname()}"


@register.filter
def brief(value: Value, column_type: str = "") -> str:
    """A value in a line of many; a moment in the viewer's zone, as the line's own time is."""
    if value is None:
        return "NULL"
    if at := local_time(value, column_type):
        return in_words(at).rpartition(" ")[0]
    line = " ".join(str(value)[: 4 * BRIEF].split())
    return f"{line[:BRIEF]}…" if len(line) > BRIEF or isinstance(value, Excerpt) else line or "empty"


register.filter(short_digest)
register.filter("label_of_key", record_label)


@register.filter
def marked(words: Sequence[Word]) -> SafeString:
    """A text in words, with a mark on the words that changed."""
    return format_html_join("", "{}", ((format_html(MARK if word.changed else "{}", word.text),) for word in words))


@register.filter
def source_status(source: Source, silent: bool = False) -> Status:
    """The status of a source; a warning at least if the capture worker is silent."""
    status = Source.Status(source.status)
    label = "Comparing all tables" if source.era and status == Source.Status.BASELINE else status.label
    if not silent:
        return Status(label, status.tone)
    return Status(f"{label}, silent", Tone.BAD if status.tone == Tone.BAD else Tone.WARN)
