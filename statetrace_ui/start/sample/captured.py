"""The sample's captured side: the files that a recorder would have left of a run, by name. Pure."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from statetrace_ui.start.sample.story import FAST, Run, Step

SAMPLE_US = 5_000  # between two looks at the stack
HOST = "https://lamps.example"
# What runs in each step, from the outermost call to the innermost, and what else in the slow build.
STACKS = {
    "Open the shop": ("start", "renderShelf", "drawCard"),
    "Find a lamp": ("onSearch", "rankLamps", "scoreLamp"),
    "Put it into the cart": ("onAdd", "renderCart"),
    "Pay": ("onPay", "checkForm"),
}
IDLE = 2  # the number of the node that stands for nothing being done
SLOW_LEAF = "compareEveryPair"
REQUESTS = {
    "Open the shop": ("GET", "/", "text/html", 18_300),
    "Find a lamp": ("GET", "/search?q=lamp", "application/json", 4_100),
    "Put it into the cart": ("POST", "/cart/add/", "application/json", 310),
    "Pay": ("POST", "/checkout/", "text/html", 2_700),
}


def files(run: Run) -> dict[str, str]:
    return {
        "labels.json": json.dumps({"labels": [_label(step) for step in run.steps]}),
        "session.har": json.dumps(
            {"log": {"version": "1.2", "creator": {"name": "sample", "version": "1"}, **_har(run)}}
        ),
        "profile.cpuprofile": json.dumps(_profile(run)),
        "series.csv": _series(run),
    }


def _label(step: Step) -> dict[str, object]:
    about = {"name": step.name, "category": step.category, "label_type": "user"}
    return {**about, "start_time": step.start, "end_time": step.end}


def _har(run: Run) -> dict[str, object]:
    page = {"id": "page", "title": "Lamp shop (sample)", "startedDateTime": run.start.isoformat(), "pageTimings": {}}
    return {"pages": [page], "entries": [_exchange(run, step) for step in run.steps]}


def _exchange(run: Run, step: Step) -> dict[str, object]:
    method, path, kind, size = REQUESTS[step.name]
    took = round(400 * (step.end - step.start), 1) if step.name == "Pay" else 90.0
    request = {"method": method, "url": HOST + path, "httpVersion": "HTTP/1.1", "headers": [], "cookies": []}
    answer = {"status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "headers": [], "cookies": []}
    return {
        "pageref": "page",
        "startedDateTime": (run.start + timedelta(seconds=step.start + 0.02)).isoformat(),
        "time": took,
        "timings": {"send": 1, "wait": took - 11, "receive": 10},
        "cache": {},
        "request": {**request, "queryString": [], "headersSize": 220, "bodySize": 0},
        "response": {
            **answer,
            "redirectURL": "",
            "headersSize": 180,
            "bodySize": size,
            "content": {"size": size, "mimeType": kind},
        },
    }


def _profile(run: Run) -> dict[str, object]:
    nodes = [_node(1, "(root)"), _node(IDLE, "(idle)", parent=1)]
    leaves = {step.name: _grow(nodes, [*STACKS[step.name], *_slow_calls(run, step)]) for step in run.steps}
    looks = int(run.seconds * 1_000_000) // SAMPLE_US
    return {
        "nodes": nodes,
        "startTime": 0,
        "endTime": looks * SAMPLE_US,
        "samples": [_leaf(run, leaves, number * SAMPLE_US / 1_000_000) for number in range(looks)],
        "timeDeltas": [SAMPLE_US] * looks,
    }


def _slow_calls(run: Run, step: Step) -> list[str]:
    return [SLOW_LEAF] if _is_slow(run, step) else []


def _is_slow(run: Run, step: Step) -> bool:
    return run.build != FAST and step.name == "Find a lamp"


def _node(number: int, name: str, parent: int | None = None) -> dict[str, Any]:
    url = "" if name.startswith("(") else f"{HOST}/shop.js"
    place = {"scriptId": "1", "url": url, "lineNumber": number, "columnNumber": 1}
    node = {"id": number, "hitCount": 0, "callFrame": {"functionName": name, **place}}
    return {**node, "parent": parent} if parent else node


def _grow(nodes: list[dict[str, Any]], stack: list[str]) -> list[int]:
    """Add a node for each call of the stack; their ids, the outermost first."""
    grown: list[int] = []
    for name in stack:
        nodes.append(_node(len(nodes) + 1, name, parent=grown[-1] if grown else 1))
        grown.append(len(nodes))
    return grown


def _leaf(run: Run, leaves: dict[str, list[int]], at: float) -> int:
    """The innermost call at a moment: a step works for two thirds of its time, mostly deep down."""
    for step in run.steps:
        share = (at - step.start) / (step.end - step.start)
        if 0 <= share < 0.67:
            stack = leaves[step.name]
            return stack[min(int(share * 6), len(stack) - 1)]
    return IDLE


def _series(run: Run) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["time_ms", "JS heap [MiB]", "Main thread [%]"])
    rows.writerows(_points(run))
    return text.getvalue()


def _points(run: Run) -> Iterator[tuple[int, float, float]]:
    for at_ms in range(0, int(run.seconds * 1000), 100):
        inside = next((step for step in run.steps if step.start <= at_ms / 1000 < step.end), None)
        heap = 12 + at_ms / 900 + (3 if inside and _is_slow(run, inside) else 0)
        yield at_ms, round(heap, 2), (92.0 if inside and _is_slow(run, inside) else 38.0 if inside else 3.0)
