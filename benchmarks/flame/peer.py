"""Speedscope, as npm has it, served from this machine with the same calls in its own evented format."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import orjson

from tests.replica.generated import METHODS, Generated, method_name

PACKAGE = "speedscope@1.25.0"
FOLDER = Path(__file__).parent / "node_modules"  # git-ignored


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: the table is the output."""


def install() -> Path:
    """The folder of speedscope's built application, fetched by npm at the first call."""
    release = FOLDER / "speedscope" / "dist" / "release"
    if not release.exists():
        options = ["--no-save", "--no-package-lock", "--silent", "--no-audit", "--no-fund"]
        subprocess.run(["npm", "install", "--prefix", str(FOLDER.parent), *options, PACKAGE], check=True)
    return release


def write(calls: Generated, path: Path) -> None:
    """The calls as speedscope's evented JSON: an opening and a closing event each, in order of time."""
    names = [{"name": ".".join(method_name(number))} for number in range(METHODS)]
    order = np.lexsort((np.concatenate((calls.depth, -calls.depth)), np.concatenate((calls.start, calls.end))))
    kinds, frames = ["O"] * len(calls) + ["C"] * len(calls), np.tile(calls.method, 2).tolist()
    times = np.concatenate((calls.start, calls.end)).tolist()
    events = [{"type": kinds[n], "frame": frames[n], "at": times[n]} for n in order.tolist()]
    profile = {"type": "evented", "name": "main", "unit": "microseconds", "startValue": 0, "endValue": times[-1]}
    profile |= {"endValue": max(times), "events": events}
    schema = "https://www.speedscope.app/file-format-schema.json"
    path.write_bytes(orjson.dumps({"$schema": schema, "shared": {"frames": names}, "profiles": [profile]}))


@contextmanager
def served(release: Path, profile: Path) -> Iterator[str]:
    """The address at which speedscope opens the profile."""
    link = release / "benchmark.json"
    link.unlink(missing_ok=True)
    link.symlink_to(profile)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(release)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/index.html#profileURL=benchmark.json"
    finally:
        server.shutdown()
        server.server_close()
        link.unlink()
