"""How long the pages of a large captured session take, and how heavy they are.

Run: python -m benchmarks.pages [--points N]. A session of 5,000 requests, 2,000 labels, 200,000 calls and 50 series of
N points in a flow of ten, on an embedded server of its own in a temporary folder; by Django's test client, in one
process.
"""

import argparse
import os
import tempfile
import time
from importlib import import_module
from pathlib import Path
from statistics import quantiles
from typing import Any

ROUNDS = 20
SESSIONS = [f"cccccccc-0000-4000-8000-00000000000{n}" for n in range(10)]
FLOW = "ffffffff-0000-4000-8000-000000000001"
ROWS = """
INSERT INTO user_flow VALUES ('{flow}', 'Check out', 'A large one', '2026-01-01');
INSERT INTO session_metadata (session_id, user_flow_id, name, status, start_time, end_time)
    SELECT s, '{flow}', 'Run ' || s, 'Passed', '2026-03-01 10:00', '2026-03-01 10:05'
    FROM unnest(%(sessions)s::text[]) s;
INSERT INTO session_labels (session_id, label_id, name, category, start_time, end_time)
    SELECT s, 'l' || n, 'Step number ' || n, 'part ' || n %% 12, n * 140, n * 140 + 120 + n %% 7
    FROM unnest(%(sessions)s::text[]) s, generate_series(1, 2000) n;
INSERT INTO capture_sessions
    SELECT '{first}', n, timestamp '2026-03-01 10:00' + n * interval '58 ms',
           timestamp '2026-03-01 10:00' + n * interval '58 ms' + interval '90 ms', 90, 1, 2, 60, 20, 200,
           'application/json', 500, 20000, 'https://host' || n %% 10 || '.test/api/orders/' || n || '/lines?page=1'
    FROM generate_series(1, 5000) n;
INSERT INTO function_call_metadata VALUES ('{first}', '1', 'Android', true, 0, 300000000);
INSERT INTO function_call_process VALUES ('{first}', 7, 'main', 0);
INSERT INTO function_call_thread VALUES ('{first}', 7, 1, 'main', 0, 0, 300000000);
INSERT INTO function_call_method VALUES
    ('{first}', 7, 1, 'com.shop.Cart.add', 'com.shop.Cart.add', '', 'void', 'void add()', 'com.shop');
INSERT INTO function_call_site
    SELECT '{first}', 7, 1, 1, n, n * 1400, n * 1400 + 900, 400, NULL, NULL FROM generate_series(1, 200000) n;
INSERT INTO session_timeseries SELECT '{first}', 'k' || n, 'Series ' || n, 'ms', 'unit ' || n %% 7
    FROM generate_series(1, 50) n;
INSERT INTO session_timeseries_data
    SELECT '{first}', 'k' || s, n * 300000.0 / %(points)s, sin(n / 2000.0) * s + random()
    FROM generate_series(1, 50) s, generate_series(0, %(points)s - 1) n;
ANALYZE;
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--points", type=int, default=200_000, metavar="N")
    points = arguments.parse_args().points
    with tempfile.TemporaryDirectory(prefix="statetrace-benchmark-", ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)
        os.environ.update(STATETRACE_HOME=home, DJANGO_SETTINGS_MODULE="statetrace_ui.settings", LOG_LEVEL="WARNING")
        os.environ["ALLOWED_HOSTS"] = "testserver"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        _leave_static_files()
        _fill(points)
        _measure()


def _leave_static_files() -> None:
    """Pages name static files as they lie in the checkout, as in the tests: none need to be collected."""
    from django.conf import settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


def _fill(points: int) -> None:
    import psycopg
    from django.conf import settings
    from django.contrib.auth.models import User

    from replica.databases.models import Replica
    from replica.schema.definition import create_tables
    from statetrace_ui.embedded import database_url
    from statetrace_ui.web.models import Membership, Organisation

    url = database_url(settings.REPLICA_SERVER_URL, "large")
    with psycopg.connect(url, autocommit=True) as connection:
        create_tables(connection)
        text = ROWS.format(flow=FLOW, first=SESSIONS[0])
        for statement in filter(None, map(str.strip, text.split(";"))):
            connection.execute(statement, {"sessions": SESSIONS, "points": points})
    organisation = Organisation.objects.create(name="Acme", slug="acme")
    Replica.objects.create(
        organisation=organisation, database="large", login_role="acme", reader_url=url, owner_url=url
    )
    Membership.objects.create(user=User.objects.create_user("reader"), organisation=organisation)


def _measure() -> None:
    from django.contrib.auth.models import User
    from django.test import Client
    from django.urls import reverse

    import_module("statetrace_ui.wsgi")  # as the server begins
    client = Client()
    client.force_login(User.objects.get())
    pages = {
        "session": reverse("replica:session", args=[SESSIONS[0]]),
        "its labels": reverse("replica:labels", args=[SESSIONS[0]]),
        "its network": reverse("replica:network", args=[SESSIONS[0]]),
        "by duration": reverse("replica:network", args=[SESSIONS[0]]) + "?sort=-duration&row=2400",
        "its series": reverse("replica:series", args=[SESSIONS[0]]),
        "20 series": reverse("replica:series", args=[SESSIONS[0]])
        + "?"
        + "&".join(f"series=k{n}" for n in range(1, 21)),
        "a zoom of them": reverse("replica:series_data", args=[SESSIONS[0]])
        + "?from=120000&to=160000&"
        + "&".join(f"series=k{n}" for n in range(1, 21)),
        "its curves": reverse("replica:series_outlines", args=[SESSIONS[0]]),
        "curves, zoomed": reverse("replica:series_outlines", args=[SESSIONS[0]]) + "?from=120000&to=121000",
        "its spans, zoomed": reverse("replica:spans", args=[SESSIONS[0], "network"]) + "?from=120000&to=160000",
        "its calls, zoomed": reverse("replica:spans", args=[SESSIONS[0], "threads"]) + "?from=120000&to=160000",
        "a label": reverse("replica:label", args=[SESSIONS[0], "l700"]),
        "what happened": reverse("replica:explained", args=[SESSIONS[0]]) + "?from=98000&to=108000",
        "all that happened": reverse("replica:explained", args=[SESSIONS[0]]),
        "label elsewhere": reverse("replica:label_elsewhere", args=[SESSIONS[0], "l700"]),
        "the flow's labels": reverse("replica:flow_labels", args=[FLOW]),
    }
    print(f"{'page':<20}{'p50 ms':>8}{'p95 ms':>8}{'KiB':>8}")
    for name, address in pages.items():
        times, size = _timed(client, address)
        cuts = quantiles(times, n=20)
        print(f"{name:<20}{cuts[9]:>8.0f}{cuts[18]:>8.0f}{size / 1024:>8.0f}")


def _timed(client: Any, address: str) -> tuple[list[float], int]:
    """Milliseconds of each round after the first, and the size of the answer."""
    times: list[float] = []
    size = 0
    for _ in range(ROUNDS + 1):
        begin = time.perf_counter()
        answer = client.get(address)
        times.append(1000 * (time.perf_counter() - begin))
        assert answer.status_code == 200, answer.content[:500]
        size = len(answer.content)
    return times[1:], size


if __name__ == "__main__":
    main()
