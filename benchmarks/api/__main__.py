"""Small reads of the API, offered at a steady pace by many clients: how long answers take, and how many fail.

Run: python -m benchmarks.api [seconds]. Twenty clients, each with a token and a connection of its own, offer a hundred
requests a second together, whether the answers before have come or not. The server is that of `manage.py up`.
"""

import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from uuid import uuid4

import httpx

CLIENTS, RATE = 20, 100
FLOWS, SESSIONS = 30, 40
WARM_UP = 3.0  # seconds
TARGET_MS = 60


@dataclass
class Seen:
    """Milliseconds by operation, from the moment at which a request was due; statuses of what failed."""

    times: dict[str, list[float]] = field(default_factory=dict)
    failed: Counter[str] = field(default_factory=Counter)


def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="statetrace-benchmark-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        os.environ |= {"STATETRACE_HOME": home, "LOG_LEVEL": "ERROR"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "statetrace_ui.settings"
        import django

        django.setup()
        tokens, paths = _filled()
        with _server() as url:
            seen = asyncio.run(_offered(url, tokens, paths, seconds))
    _report(seen)


def _filled() -> tuple[list[str], dict[str, str]]:
    """Tokens of the clients, and the paths of small reads by what they read."""
    from django.contrib.auth.models import User

    from replica.importing.bundle import Measurement, Tag
    from replica.importing.service import SessionDetails, import_files, put_flow
    from statetrace_ui.api import tokens
    from statetrace_ui.api.scopes import Scope
    from statetrace_ui.site.services import update_databases_and_files
    from statetrace_ui.web.models import Membership, Organisation

    update_databases_and_files()
    organisation = Organisation.objects.create(name="Acme", slug="acme")
    person = User.objects.create_user("ann")
    membership = Membership.objects.create(organisation=organisation, user=person, role=Membership.Role.MANAGER)
    flows = [put_flow(organisation, f"Flow {number}", "")[0] for number in range(FLOWS)]
    sessions = [uuid4() for _ in range(SESSIONS)]
    for session in sessions:
        values = tuple(Measurement(f"m{number}", "Custom", "ms", float(number)) for number in range(20))
        details = SessionDetails(session_id=session, measurements=values, tags=(Tag("build", "7"),))
        import_files(organisation, flows[0].name, [], details)
    flow = flows[0].user_flow_id
    paths = {
        "userflows": "userflows",
        "userflows/{id}": f"userflows/{flow}",
        "settings": f"userflows/{flow}/settings",
        "exports/recent": f"userflows/{flow}/exports/recent",
        "session": f"userflows/session/{sessions[0]}",
        "sessions": f"userflows/{flow}/sessions?limit=20",
        "measurements": f"userflows/{flow}/measurements?session_id={sessions[0]}",
    }
    return [tokens.make(membership, f"client {number}", [Scope.READ])[1] for number in range(CLIENTS)], paths


@contextmanager
def _server() -> Iterator[str]:
    from statetrace_ui.demo.management.commands.record_demo import free_port, wait_for
    from statetrace_ui.site import services

    port = free_port()
    service = services.web("web", "statetrace_ui.asgi:application", "127.0.0.1", port)
    service.start()
    try:
        wait_for(f"http://127.0.0.1:{port}/account/login/")
        yield f"http://127.0.0.1:{port}"
    finally:
        assert service.process
        service.process.terminate()
        service.process.wait()


async def _offered(url: str, tokens: list[str], paths: dict[str, str], seconds: float) -> Seen:
    seen = Seen()
    begins = time.perf_counter()
    clients = [_client(url, token, paths, begins, seconds, number, seen) for number, token in enumerate(tokens)]
    await asyncio.gather(*clients)
    return seen


async def _client(
    url: str, token: str, paths: dict[str, str], begins: float, seconds: float, number: int, seen: Seen
) -> None:
    choose = random.Random(number)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=f"{url}/v0/", headers=headers, timeout=30) as client:
        every = CLIENTS / RATE
        due = begins + number / RATE
        while due < begins + WARM_UP + seconds:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            name = choose.choice(list(paths))
            answer = await client.get(paths[name])
            if due >= begins + WARM_UP:
                seen.times.setdefault(name, []).append((time.perf_counter() - due) * 1000)
                if answer.status_code != 200:
                    seen.failed[f"{name}: {answer.status_code}"] += 1
            due += every


def _report(seen: Seen) -> None:
    every = list(chain.from_iterable(seen.times.values()))
    for name, times in [*seen.times.items(), ("all", every)]:
        median, late = statistics.median(times), _p95(times)
        print(f"{name:<16} {len(times):6} requests   median {median:6.1f} ms   p95 {late:6.1f} ms")
    print(f"failed: {dict(seen.failed) or 'none'}; target: p95 < {TARGET_MS} ms")


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 20)
