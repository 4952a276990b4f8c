"""The peers' side, a process of its own: it fills their tables and visits the addresses that it reads, one a line.

Run by `__main__`: python -m benchmarks.ask.peers.client, with PEERS_URL in the environment. It writes a number a line:
first how many changes each peer has, then the milliseconds of each visit.
"""

import os
import sys
import time
from typing import Any

PATIENCE = 60  # seconds, after which the server ends a statement


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.ask.peers.settings"
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from benchmarks.ask.peers.filling import fill

    call_command("migrate", run_syncdb=True, verbosity=0)
    client = _signed_in()
    print(fill(), flush=True)
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = '{PATIENCE}s'")
    for line in sys.stdin:
        print(_visit(client, line.strip()), flush=True)


def _signed_in() -> Any:
    from django.contrib.auth.models import User
    from django.test import Client

    client = Client()
    client.force_login(User.objects.create_superuser("peer-admin"))
    return client


def _visit(client: Any, address: str) -> float:
    """In milliseconds; those of our patience if it is over."""
    from django.db import OperationalError

    begun = time.perf_counter()
    try:
        response = client.get(address)
    except OperationalError:
        return PATIENCE * 1000
    taken = (time.perf_counter() - begun) * 1000
    assert response.status_code == 200, (address, response.status_code, response.headers.get("Location"))
    return taken


if __name__ == "__main__":
    main()
