"""Addresses of a captured session's pages and fragments."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from django.urls import reverse
from django.utils.http import urlencode


@lru_cache(maxsize=256)
def _stem(name: str, session_id: str) -> str:
    """What the addresses of a session's numbered things begin with: a page has thousands of them."""
    return reverse(f"replica:{name}", args=[session_id, 0]).removesuffix("0/")


@lru_cache(maxsize=256)
def _flame(session_id: str) -> str:
    return reverse("replica:flame", args=[session_id])


@dataclass(frozen=True, slots=True)
class SessionAddresses:
    """Where the pages of one session are, and the fragments that explain one thing in it."""

    session_id: str

    def labels(self) -> str:
        return self._of("labels")

    def label(self, label_id: str | None) -> str:
        return self._of("label", label_id)

    def issue(self, issue_id: str | None, impact_id: str | None, category: str | None) -> str:
        return f"{self._of('issue', issue_id, impact_id)}?{urlencode({'category': category or ''})}"

    def network(self) -> str:
        return self._of("network")

    def exchange(self, message_id: int | None) -> str:
        """ "" for an exchange without a number: nothing names it."""
        return "" if message_id is None else f"{_stem('exchange', self.session_id)}{message_id}/"

    def series(self, key: str = "") -> str:
        """The page of time series; with a key, that series alone."""
        return f"{self._of('series')}?{urlencode({'series': key})}" if key else self._of("series")

    def series_outlines(self) -> str:
        return self._of("series_outlines")

    def thread(self, process_id: int, thread_id: int) -> str:
        return self._of("thread", process_id, thread_id)

    def flame(self) -> str:
        return self._of("flame")

    def flame_of_thread(self, process_id: int, thread_id: int) -> str:
        """The flame graph at one thread."""
        return f"{self.flame()}?{urlencode({'process': process_id, 'thread': thread_id})}"

    def flame_call(self, process_id: int, thread_id: int, depth: int, at_us: int) -> str:
        """The flame graph at one call, which is named by its depth and its start in µs since the first call."""
        return f"{_flame(self.session_id)}?process={process_id}&thread={thread_id}&call={depth}:{at_us}"

    def _of(self, name: str, *keys: str | int | None) -> str:
        return reverse(f"replica:{name}", args=[self.session_id, *keys])


def moment_address(session_id: str, start: float, end: float) -> str:
    """The session page, zoomed to a stretch of time (in ms) with a little around it."""
    around = (end - start) * 0.25
    parameters = urlencode({"from": moment_text(max(0.0, start - around)), "to": moment_text(end + around)})
    return f"{reverse('replica:session', args=[session_id])}?{parameters}"


def moment_text(ms: float) -> str:
    """A moment in an address, as static/js/canvas/address.js writes it: three to five decimals."""
    text = f"{Decimal(ms).quantize(Decimal('0.00001'), ROUND_HALF_UP):f}"
    return text[:-2] + text[-2:].rstrip("0")
