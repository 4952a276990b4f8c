"""HTTP archives: every page is a session, its entries are network exchanges."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import numpy as np

from replica.importing.bundle import Bundle, Exchange, Label, Measurement, Metadata, Series, Tag
from replica.importing.format import Format
from replica.importing.safe_urls import without_secrets, without_secrets_if_url
from replica.importing.untrusted import a_list, an_object, moment, number, text

PHASES = ("blocked", "dns", "connect", "send", "wait", "receive")
Object = dict[str, Any]


def is_har(content: object) -> bool:
    return isinstance(content, dict) and "log" in content


def read_har(value: Object) -> list[Bundle]:
    """A session for every page; one for all entries if there are no pages. It begins with the first of its parts."""
    log = an_object(value.get("log"), "log")
    entries = [an_object(entry, "an entry") for entry in a_list(log.get("entries"), "entries")]
    pages = [an_object(page, "a page") for page in a_list(log.get("pages") or [], "pages")] or [{}]
    ssl_is_in_connect = _ssl_is_in_connect(entries)
    of_page: dict[str, list[Exchange]] = defaultdict(list)
    known = [text(page.get("id")) for page in pages]
    for entry in entries:
        page_id = text(entry.get("pageref"))
        of_page[page_id if page_id in known else known[0]].append(_exchange(entry, ssl_is_in_connect))
    return [_session(log, page, of_page.pop(text(page.get("id")), [])) for page in pages]


def _session(log: Object, page: Object, exchanges: list[Exchange]) -> Bundle:
    starts = [exchange.start for exchange in exchanges]
    page_start = moment(page["startedDateTime"], "a page's startedDateTime") if "startedDateTime" in page else None
    start = min([*starts, page_start] if page_start else starts, default=None)
    # What a page measured counts from the page's start, and exchanges may come before it.
    offset_ms = (page_start - start) / timedelta(milliseconds=1) if page_start and start else 0.0
    title = without_secrets_if_url(text(page.get("title")))
    browser, recorder = (" ".join(_product(log.get(key))).strip() for key in ("browser", "creator"))
    return Bundle(
        metadata=Metadata(start=start, name=title or None, description=f"Recorded by {recorder}" if recorder else None),
        measurements=tuple(_measurements(page)),
        tags=(Tag("browser", browser),) if browser else (),
        labels=tuple(_page_load(page, title, offset_ms)),
        series=tuple(_visual_progress(page, offset_ms)),
        exchanges=tuple(sorted(exchanges, key=lambda exchange: exchange.start)),
    )


def _product(value: object) -> tuple[str, str]:
    known = value if isinstance(value, dict) else {}
    return text(known.get("name")), text(known.get("version"))


def _ssl_is_in_connect(entries: list[Object]) -> bool:
    """Whether `connect` includes `ssl`; recorders differ in that. The sum that equals `time` more often decides."""
    votes = 0
    for entry in entries:
        timings = an_object(entry.get("timings", {}), "timings")
        ssl, total = _known(timings.get("ssl")), _known(entry.get("time"))
        if ssl and total and _known(timings.get("connect")) is not None:
            phases = sum(_known(timings.get(phase)) or 0 for phase in PHASES)
            votes += 1 if abs(phases - total) <= abs(phases + ssl - total) else -1
    return votes >= 0


def _known(value: object) -> float | None:
    """A number of ms or bytes; None where it is missing or −1, which archives write for an unknown number."""
    if value is None:
        return None
    known = number(value, "a timing or a size")
    return known if known >= 0 else None


def _exchange(entry: Object, ssl_is_in_connect: bool) -> Exchange:
    request = an_object(entry.get("request"), "a request")
    response = an_object(entry.get("response", {}), "a response")
    timings = an_object(entry.get("timings", {}), "timings")
    times = {phase: _known(timings.get(phase)) for phase in (*PHASES, "ssl")}
    connect, ssl = times["connect"], times["ssl"]
    if connect is not None and ssl is not None and ssl_is_in_connect:
        connect = max(connect - ssl, 0)
    duration = _known(entry.get("time"))
    if duration is None:
        duration = sum(times[phase] or 0 for phase in PHASES) + (0 if ssl_is_in_connect else ssl or 0)
    return Exchange(
        start=moment(entry.get("startedDateTime"), "an entry's startedDateTime"),
        url=without_secrets(text(request.get("url"))),
        duration_ms=round(duration),
        tcp_connect_ms=_rounded(connect),
        tls_handshake_ms=_rounded(ssl),
        wait_ms=_rounded(times["wait"]),
        receive_ms=_rounded(times["receive"]),
        status=_rounded(_known(response.get("status"))),
        content_type=_content_type(response),
        request_bytes=_request_size(request),
        response_bytes=_response_size(response),
        method=text(request.get("method")).upper() or None,
        initiator=_initiator(entry),
        connection=text(entry.get("connection")) or None,
        dns_ms=_rounded(times["dns"]),
        send_ms=_rounded(times["send"]),
    )


def _initiator(entry: Object) -> str | None:
    """The address of what asked for it, or else its kind, such as `parser`; recorders write both in two ways."""
    found = entry.get("_initiator")
    known = found if isinstance(found, dict) else {"url": found, "type": entry.get("_initiator_type")}
    return without_secrets_if_url(text(known.get("url"))) or text(known.get("type")) or None


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


def _content_type(response: Object) -> str | None:
    headers = response.get("headers")
    for header in headers if isinstance(headers, list) else []:
        if isinstance(header, dict) and text(header.get("name")).lower() == "content-type":
            return text(header.get("value")) or None
    return text(_content(response).get("mimeType")) or None


def _content(response: Object) -> Object:
    return an_object(response.get("content", {}), "a response's content")


def _request_size(request: Object) -> int | None:
    known = [size for key in ("headersSize", "bodySize") if (size := _known(request.get(key))) is not None]
    return round(sum(known)) if known else None


def _response_size(response: Object) -> int | None:
    """The bytes on the wire if the archive knows them, else the size of the unpacked content."""
    sizes = (response.get("_transferSize"), response.get("bodySize"), _content(response).get("size"))
    return _rounded(next((known for size in sizes if (known := _known(size)) is not None), None))


def _measurements(page: Object) -> Iterator[Measurement]:
    groups = {
        "Page Timing": page.get("pageTimings"),
        "Visual Metric": page.get("_visualMetrics"),
        "CPU Time": (page.get("_cpu") or {}).get("categories") if isinstance(page.get("_cpu"), dict) else None,
    }
    for kind, values in groups.items():
        for name, value in values.items() if isinstance(values, dict) else ():
            # Names with _ are the recorder's own, and repeat its visual metrics.
            if isinstance(value, int | float) and not isinstance(value, bool) and not name.startswith("_"):
                known = _known(value)
                yield from () if known is None else [Measurement(name, kind, "ms", float(known))]


def _page_load(page: Object, title: str, offset_ms: float) -> Iterator[Label]:
    """The load of the page as a label, so that its duration can be compared with other sessions'."""
    timings = page.get("pageTimings")
    load = _known(timings.get("onLoad")) if isinstance(timings, dict) else None
    if load is not None:
        label_id = uuid5(NAMESPACE_URL, f"{page.get('id')} {page.get('startedDateTime')}")
        name, end = title or "page load", offset_ms + load
        yield Label(str(label_id), "page-load-request", name, offset_ms, end, category="page load")


def _visual_progress(page: Object, offset_ms: float) -> Iterator[Series]:
    metrics = page.get("_visualMetrics")
    progress = metrics.get("VisualProgress") if isinstance(metrics, dict) else None
    if progress and isinstance(progress, dict) and all(key.isdecimal() and len(key) < 16 for key in progress):
        points = sorted((float(x), float(number(y, "a visual progress"))) for x, y in progress.items())
        x, y = np.array(points, dtype=np.float64).reshape(-1, 2).T
        yield Series("visual_progress", "Visual progress", "%", x + offset_ms, y)


FORMAT = Format("HTTP archive", ".har", is_har, read_har)
