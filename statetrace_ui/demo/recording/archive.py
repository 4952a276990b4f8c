"""Prunes the HTTP archive that the browser's driver writes: removes bodies, cookies and headers."""

from datetime import datetime
from typing import Any

from statetrace_ui.demo.recording.instruments import Clock

TITLE = "Quayside Coffee"
TYPE = "content-type"


def prune(archive: dict[str, Any], clock: Clock, end: datetime, load_ms: dict[str, float]) -> dict[str, Any]:
    """The archive with one page, and only the exchanges that began between the session's start and `end`.

    load_ms: `onContentLoad` and `onLoad` of the first page, in ms since the session's start.
    """
    log = archive["log"]
    page = {
        "id": "page",
        "title": TITLE,
        "startedDateTime": clock.start.isoformat(timespec="microseconds"),
        "pageTimings": load_ms,
    }
    entries = [_entry(entry) for entry in log["entries"] if clock.start <= _started(entry) <= end]
    known = {key: log[key] for key in ("version", "creator", "browser")}
    return {"log": {**known, "pages": [page], "entries": entries}}


def _started(entry: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(entry["startedDateTime"])


def _timings(entry: dict[str, Any]) -> dict[str, float]:
    """Without `ssl` for unencrypted connections, where the driver reports part of `connect` under that name."""
    timings: dict[str, float] = entry["timings"]
    if entry["request"]["url"].startswith("http://") and timings["ssl"] >= 0:
        return {**timings, "connect": round(timings["connect"] + timings["ssl"], 3), "ssl": -1}
    return timings


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    request, response = entry["request"], entry["response"]
    kept = {"startedDateTime": entry["startedDateTime"], "time": entry["time"], "timings": _timings(entry)}
    headers = [header for header in response["headers"] if header["name"].lower() == TYPE]
    sizes = {key: response.get(key, -1) for key in ("headersSize", "bodySize", "_transferSize")}
    content = {key: response["content"].get(key) for key in ("size", "mimeType")}
    return {
        "pageref": "page",
        **kept,
        "cache": {},
        "request": _without_content(request) | {key: request.get(key, -1) for key in ("headersSize", "bodySize")},
        "response": {
            **{key: response[key] for key in ("status", "statusText", "httpVersion")},
            **sizes,
            "content": content,
            "headers": headers,
            "cookies": [],
            "redirectURL": response.get("redirectURL", ""),
        },
    }


def _without_content(request: dict[str, Any]) -> dict[str, Any]:
    known = {key: request[key] for key in ("method", "url", "httpVersion")}
    return {**known, "headers": [], "cookies": [], "queryString": []}
