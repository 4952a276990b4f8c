"""Prunes the HTTP archive that the browser's driver writes to what is measured: no bodies, no cookies, no headers."""

from typing import Any

from statetrace_ui.demo.recording.instruments import Clock

TITLE = "Buy a product"
TYPE = "content-type"


def pruned(archive: dict[str, Any], clock: Clock, load_ms: dict[str, float]) -> dict[str, Any]:
    """One page that begins with the session; load_ms: its `onContentLoad` and `onLoad`, since then."""
    log = archive["log"]
    page = {
        "id": "page",
        "title": TITLE,
        "startedDateTime": clock.start.isoformat(timespec="microseconds"),
        "pageTimings": load_ms,
    }
    begins = clock.start.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    entries = [_entry(entry) for entry in log["entries"] if entry["startedDateTime"] >= begins]
    known = {key: log[key] for key in ("version", "creator", "browser")}
    return {"log": {**known, "pages": [page], "entries": entries}}


def _entry(entry: dict[str, Any]) -> dict[str, Any]:
    request, response = entry["request"], entry["response"]
    kept = {key: entry[key] for key in ("startedDateTime", "time", "timings")}
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
