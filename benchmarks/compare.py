"""How long it takes to compare many sessions of the demo's size: the page, and the statements that it runs.

Run: python -m benchmarks.compare [--copies N]. The demo's eight recordings N times, half of them slow, on an embedded
server of its own in a temporary folder; by Django's test client, in one process.
"""

import argparse
import time
from statistics import median

from benchmarks.own_site import own_site

ROUNDS = 5
# Every table whose rows belong to sessions: each row once more for each copy, under a session id of its own.
COPIES = """
DO $$
DECLARE one record;
BEGIN
    FOR one IN
        SELECT table_name, string_agg(quote_ident(column_name), ', ' ORDER BY ordinal_position) AS columns
        FROM information_schema.columns
        WHERE table_schema = 'public' AND column_name <> 'session_id' AND table_name IN
            (SELECT table_name FROM information_schema.columns
             WHERE table_schema = 'public' AND column_name = 'session_id')
        GROUP BY table_name
    LOOP
        EXECUTE format(
            'INSERT INTO %I (session_id, %s)
             SELECT md5(session_id || n)::uuid::text, %s FROM %I, generate_series(2, {copies}) n',
            one.table_name, one.columns, one.columns, one.table_name);
    END LOOP;
END $$;
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--copies", type=int, default=12, metavar="N", help="12 make 48 against 48")
    copies = arguments.parse_args().copies
    with own_site():
        from django.core.management import call_command
        from django.db import connections
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        call_command("migrate", verbosity=0)
        flow, alias, client = _filled(copies), _alias(), Client()
        _sign_in(client)
        address = f"/compare/?flow={flow}&base=variant%3Dfast&new=variant%3Dslow"
        times = []
        for _ in range(ROUNDS + 1):
            begin = time.perf_counter()
            answer = client.get(address)
            times.append(1000 * (time.perf_counter() - begin))
            assert answer.status_code == 200, answer.content[:500]
        print(f"first {times[0]:.0f} ms, then {median(times[1:]):.0f} ms, {len(answer.content) / 1024:.0f} KiB")
        with CaptureQueriesContext(connections[alias]) as queries:
            client.get(address)
        for query in queries:
            print(f"{float(query['time']) * 1000:>6.0f} ms  {' '.join(query['sql'].split())[:90]}")


def _filled(copies: int) -> str:
    """The id of the flow; the store has the tables of a replica."""
    import psycopg
    from django.conf import settings

    from replica.databases.models import Replica
    from replica.exports.models import UserFlowExport
    from statetrace_ui.demo import recordings
    from statetrace_ui.web.models import Organisation

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.ALLOWED_HOSTS = ["testserver"]
    url = settings.STORE_URL
    organisation = Organisation.objects.create(name="Acme", slug="acme")
    recordings.load(organisation)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(COPIES.format(copies=copies))
        connection.execute("ANALYZE")
    Replica.objects.create(organisation=organisation, database="d", login_role="d", owner_url=url, reader_url=url)
    return UserFlowExport.objects.get().user_flow_id


def _alias() -> str:
    from replica.databases.connections import alias_for
    from statetrace_ui.web.models import Organisation

    return alias_for(Organisation.objects.get())


def _sign_in(client: object) -> None:
    from django.contrib.auth.models import User

    from statetrace_ui.web.models import Membership, Organisation

    user = User.objects.create_user("reader")
    Membership.objects.create(user=user, organisation=Organisation.objects.get())
    client.force_login(user)  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
