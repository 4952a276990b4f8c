"""Addresses of a captured session's pages and fragments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

PLAIN_ID = re.compile(r"[0-9A-Za-z_-]+")  # stands in an address as it is
LONGEST = 1e15  # ms, beyond which there are no decimals to round


@lru_cache(maxsize=256)
def _stem(name: str, session_id: str) -> str:
    """What the addresses of a session's numbered things begin with: a page has thousands of them."""
    return reverse(f"replica:{name}", args=[session_id, "1"]).removesuffix("1/")


@lru_cache(maxsize=1024)
def _page(name: str, session_id: str) -> str:
    return reverse(f"replica:{name}", args=[session_id])


@dataclass(frozen=True, slots=True)
class SessionAddresses:
    """Where the pages of one session are, and the fragments that explain one thing in it."""

    session_id: str

    def session(self) -> str:
        return self._of("session")

    def explained(self, first: float | None = None, last: float | None = None) -> str:
        """What happened in a stretch of the session, in ms; without one, in all of it."""
        return self._of("explained") + range_query(first, last)

    def labels(self) -> str:
        return self._of("labels")

    def label(self, label_id: str | None) -> str:
        if label_id and PLAIN_ID.fullmatch(label_id):
            return f"{_stem('label', self.session_id)}{label_id}/"
        return self._of("label", label_id)

    def issue(self, issue_id: str | None, impact_id: str | None, category: str | None) -> str:
        return f"{self._of('issue', issue_id, impact_id)}?{urlencode({'category': category or ''})}"

    def issues(self) -> str:
        return self._of("issues")

    def network(self) -> str:
        return self._of("network")

    def exchange(self, message_id: int | None) -> str:
        """ "" for an exchange without a number: nothing names it."""
        return "" if message_id is None else f"{_stem('exchange', self.session_id)}{message_id}/"

    def screenshot(self, number: int) -> str:
        return f"{_stem('screenshot', self.session_id)}{number}/"

    def series(self, key: str = "") -> str:
        """The page of time series; with a key, that series alone."""
        return f"{self._of('series')}?{urlencode({'series': key})}" if key else self._of("series")

    def series_outlines(self) -> str:
        return self._of("series_outlines")

    def spans(self, kind: str) -> str:
        """What one kind of thing has in a range of the time axis."""
        return self._of("spans", kind)

    def thread(self, process_id: int, thread_id: int) -> str:
        return self._of("thread", process_id, thread_id)

    def flame(self) -> str:
        return self._of("flame")

    def flame_of_thread(self, process_id: int, thread_id: int) -> str:
        """The flame graph at one thread."""
        return f"{self.flame()}?{urlencode({'process': process_id, 'thread': thread_id})}"

    def flame_call(self, process_id: int, thread_id: int, depth: int, at_us: int) -> str:
        """The flame graph at one call, which is named by its depth and its start in µs since the first call."""
        return f"{self.flame()}?process={process_id}&thread={thread_id}&call={depth}:{at_us}"

    def _of(self, name: str, *keys: str | int | None) -> str:
        if not keys:
            return _page(name, self.session_id)
        return reverse(f"replica:{name}", args=[self.session_id, *keys])


def range_query(first: float | None, last: float | None) -> str:
    """The query string that shows a stretch on every page of a session; "" where it has no ends."""
    if first is None or last is None:
        return ""
    return f"?{urlencode({'from': moment_text(first), 'to': moment_text(last)})}"


def moment_address(session_id: str, start: float, end: float) -> str:
    """The session page, zoomed to a stretch of time (in ms) with a little around it."""
    around = (end - start) * 0.25
    return f"{SessionAddresses(session_id).session()}?{_range(max(0.0, start - around), end + around)}"


def explained_address(session_id: str, start: float, end: float) -> str:
    """The same, with what happened in the stretch told beside it; as static/js/timeline/explain.js reads it."""
    stretch = f"{moment_text(start)}~{moment_text(end)}"
    return f"{moment_address(session_id, start, end)}&{urlencode({'stretch': stretch})}"


def flame_address(session_id: str, start: float, end: float) -> str:
    """The flame graph of a stretch of time (in ms)."""
    return f"{SessionAddresses(session_id).flame()}?{_range(start, end)}"


def compared_address(page: str, asked: Mapping[str, Any], **more: str) -> str:
    """A page about two groups, `compare` or one below it. asked: values of a `GroupsForm`; more: what it also asks."""
    groups = {name: asked[name] for name in ("flow", "base", "new")} | {"excluded": "on" if asked["excluded"] else ""}
    return f"{reverse(f'replica:{page}')}?{urlencode({name: text for name, text in (groups | more).items() if text})}"


def pair_address(base_id: str, new_id: str) -> str:
    """Two sessions on one time axis."""
    return f"{reverse('replica:pair')}?{urlencode({'base': base_id, 'new': new_id})}"


def exchange_address(session_id: str, message_id: int) -> str:
    """The list of exchanges with one selected."""
    return f"{SessionAddresses(session_id).network()}?{urlencode({'at': message_id})}"


def _range(start: float, end: float) -> str:
    return urlencode({"from": moment_text(start), "to": moment_text(end)})


def moment_text(ms: float) -> str:
    """A moment in an address, as static/js/canvas/address.js writes it: three to five decimals."""
    if abs(ms) >= LONGEST:
        return f"{ms:.3f}"
    text = f"{Decimal(ms).quantize(Decimal('0.00001'), ROUND_HALF_UP):f}"
    return text[:-2] + text[-2:].rstrip("0")
