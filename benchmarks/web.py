"""Requests a second of the sign-in page through the gate, beside the same pages under plain WSGI, in turn, in one run.

Run: python -m benchmarks.web [requests]. Sixteen clients at a time; each request has a connection of its own.
"""

import os
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

ROUNDS = 7
SERVERS = {"gate (ASGI)": "statetrace_ui.asgi:application", "WSGI": "statetrace_ui.wsgi:application"}


def main(requests: int) -> None:
    with tempfile.TemporaryDirectory(prefix="statetrace-benchmark-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        os.environ |= {"STATETRACE_HOME": home, "DJANGO_SETTINGS_MODULE": "statetrace_ui.settings", "DEBUG": "yes"}
        import django

        django.setup()
        with _server("gate (ASGI)") as gate, _server("WSGI") as plain:
            _report({"gate (ASGI)": gate, "WSGI": plain}, requests)


@contextmanager
def _server(name: str) -> Iterator[str]:
    from statetrace_ui.demo.management.commands.record_demo import free_port, wait_for
    from statetrace_ui.site import services

    port = free_port()
    service = services.web("web", SERVERS[name], "127.0.0.1", port)
    service.start()
    url = f"http://127.0.0.1:{port}/account/login/"
    try:
        wait_for(url)
        yield url
    finally:
        assert service.process
        service.process.terminate()
        service.process.wait()


def _report(urls: dict[str, str], requests: int) -> None:
    rates: dict[str, list[float]] = {name: [] for name in urls}
    for _ in range(ROUNDS):
        for name, url in urls.items():
            rates[name].append(_rate(url, requests))
    for name, found in rates.items():
        print(f"{name:<12} {statistics.median(found):7.0f} requests/s")
    ratios = [gate / plain for gate, plain in zip(*rates.values(), strict=True)]
    print(f"gate / WSGI  {statistics.median(ratios):7.2f}")


def _rate(url: str, requests: int) -> float:
    with ThreadPoolExecutor(16) as clients:
        started = time.perf_counter()
        list(clients.map(_visit, [url] * requests))
        return requests / (time.perf_counter() - started)


def _visit(url: str) -> None:
    with urllib.request.urlopen(url) as answer:
        answer.read()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
