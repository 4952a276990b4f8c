"""Questions to a history beside the admin of django-auditlog and django-pghistory, with the same changes.

Run: PYTHONPATH=PEERS python -m benchmarks.ask.peers [--size 1000000] [--times 15] [--folder DIR]. The peers are not
among the packages of this project; see the head of `benchmarks/overhead`. Everything is on one embedded server of its
own. Each side is asked through its own views, with Django's test client, in turns: ours until nothing of the answer
goes on by itself.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from html import unescape
from statistics import median, quantiles
from typing import Any
from urllib.parse import quote

from benchmarks.ask.peers.client import PATIENCE
from benchmarks.ask.peers.questions import QUESTIONS
from benchmarks.own_site import own_site

BASELINE = 1.12  # rows of baselines are no changes of the peers
MOST_SECONDS = 30.0  # of one question
GOES_ON = re.compile(r'hx-get="([^"]*)"[^>]*data-goes-on')
SIDES = ("ours", "auditlog", "pghistory")
Visit = Callable[[str], float]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=15)
    parser.add_argument("--folder", default=None)
    options = parser.parse_args()
    with own_site(options.folder):
        _compare(options)


def _compare(options: argparse.Namespace) -> None:
    organisation = _filled(int(options.size * BASELINE))
    from django.conf import settings

    environment = {**os.environ, "PEERS_URL": settings.DATABASE_URL}
    command = [sys.executable, "-m", "benchmarks.ask.peers.client"]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    ) as peers:
        assert peers.stdin
        assert peers.stdout
        print(f"{int(peers.stdout.readline()):,} changes on each side", flush=True)

        def visit_peer(address: str) -> float:
            print(address, file=peers.stdin, flush=True)
            return float(peers.stdout.readline())  # type: ignore[union-attr]

        _ask(_visitor(organisation), visit_peer, options.times)
        peers.stdin.close()


def _filled(size: int) -> Any:
    from django.core.management import call_command

    from benchmarks.ask.sealing import seal
    from benchmarks.history.filler import Filler
    from benchmarks.history.pages import prepare_settings

    prepare_settings()
    call_command("migrate", verbosity=0)
    filler = Filler(sources=1)
    filler.fill(size)
    seal()
    seal(indexed=True)
    return filler.organisation


def _visitor(organisation: Any) -> Visit:
    from benchmarks.history.pages import HTMX, signed_in

    client = signed_in(organisation)

    def visit(line: str) -> float:
        begun = time.perf_counter()
        response = client.get(f"/changes/?group=change&q={quote(line)}")
        while further := GOES_ON.search(response.content.decode()):
            response = client.get(f"/changes/{unescape(further[1])}", headers=HTMX)
        assert response.status_code == 200, (line, response.status_code)
        return (time.perf_counter() - begun) * 1000

    return visit


def _ask(ours: Visit, peer: Visit, times: int) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM django_content_type WHERE app_label = 'peers' AND model = 'table1'")
        known = {"type": cursor.fetchone()[0]}
        cursor.execute("SELECT id FROM auth_user WHERE username = 'actor7'")
        known["user"] = cursor.fetchone()[0]
    print(f"\n{'ms: median, p95, times ours':40}" + "".join(f"{side:>26}" for side in SIDES))
    for asked in QUESTIONS:
        addresses = {"ours": asked.line, "auditlog": asked.auditlog, "pghistory": asked.pghistory}
        ways = {side: address.format(**known) for side, address in addresses.items() if address is not None}
        visits = {side: (ours if side == "ours" else peer, address) for side, address in ways.items()}
        _report(asked.name, _taken(visits, times))


def _taken(visits: dict[str, tuple[Visit, str]], times: int) -> dict[str, list[float]]:
    """The sides take turns in random order, so that what else the machine does hits all. The first turn does not count.

    Fewer turns than asked for, but three at least, if they take long.
    """
    taken: dict[str, list[float]] = {side: [] for side in visits}
    begun, turns = time.perf_counter(), 0
    while turns <= times and (turns < 4 or time.perf_counter() - begun < MOST_SECONDS):
        for side in random.sample(list(visits), len(visits)):
            visit, address = visits[side]
            taken[side].append(visit(address))
        turns += 1
    return {side: each[1:] for side, each in taken.items()}


def _report(name: str, taken: dict[str, list[float]]) -> None:
    def shown(side: str) -> str:
        if side not in taken:
            return f"{'cannot be asked':>26}"
        ratio = median(theirs / own for theirs, own in zip(taken[side], taken["ours"], strict=True))
        p95 = quantiles(taken[side], n=20, method="inclusive")[-1]
        if max(taken[side]) >= PATIENCE * 1000:
            return f"{f'over {PATIENCE} s':>26}"
        return f"{median(taken[side]):>9,.0f}{p95:>9,.0f}" + (f"{ratio:>7.1f}×" if side != "ours" else f"{'':>8}")

    print(f"{name:40}" + "".join(map(shown, SIDES)), flush=True)


if __name__ == "__main__":
    main()
