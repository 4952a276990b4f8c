"""One measured step of `benchmarks/capture.py`, as a process of its own: it can run the code of another checkout.

Run: python benchmarks/capturing.py STEP … in the folder of the code, which finds its history by DATABASE_URL.
"""

import importlib
import io
import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path.cwd()))
os.environ["DJANGO_SETTINGS_MODULE"] = "statetrace_ui.settings"
# Each look takes CPU from the capture.
SECONDS_BETWEEN_LOOKS = 0.05


def prepare(url: str, *rules: str) -> None:
    """Make the tables of the history, and add the audited database as its source."""
    from django.core.management import call_command

    from statetrace_ui.history.models import Source
    from statetrace_ui.web.models import Organisation

    call_command("migrate", verbosity=0)
    Organisation.objects.create(name="Benchmark", slug="benchmark")
    call_command("add_source", "audited", url, *rules, stdout=io.StringIO())
    source = Source.objects.get()
    _tell(slot=source.slot_name, publication=source.publication_name)


def capture(end: str) -> None:
    """Capture until everything before the position is stored."""
    from statetrace_ui.history.models import Source
    from statetrace_ui.wal.lsn import parse_lsn

    target = parse_lsn(end)
    _capture(lambda: Source.objects.filter(position__gte=target).exists())


def await_rows(count: str) -> None:
    """Capture until a transaction of so many rows is stored."""
    from statetrace_ui.history.models import Transaction

    _capture(Transaction.objects.filter(change_count__gte=int(count)).exists, looks_at_arriving=True)


def copy(path: str) -> None:
    """COPY lines of a history into the same tables."""
    from django.db import connection

    from statetrace_ui.history import partitions
    from statetrace_ui.history.change_writer import COPY_CHANGES

    with Path(path).open("rb") as lines:
        first = int(lines.readline().split(b"\t")[0])
    with connection.cursor() as cursor, Path(path).open("rb") as lines:
        partitions.ensure(cursor, "stream", first, first + 10_000_000)
        started = time.perf_counter()
        with cursor.copy(COPY_CHANGES) as copying:
            while piece := lines.read(1 << 20):
                copying.write(piece)
        _tell(seconds=time.perf_counter() - started)


def _capture(is_done: Callable[[], bool], looks_at_arriving: bool = False) -> None:
    from statetrace_ui.history.models import Source

    stop, arrived = threading.Event(), 0
    source_id = Source.objects.get().pk
    keep_capturing, held = _keeper(source_id)
    thread = threading.Thread(target=keep_capturing, args=(held, stop), daemon=True)
    started, cpu = time.perf_counter(), time.process_time()
    thread.start()
    while not is_done():
        if looks_at_arriving:
            arrived = max([arrived, *(told["rows"] for told in Source.objects.get().arriving)])
        time.sleep(SECONDS_BETWEEN_LOOKS)
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    stop.set()
    thread.join()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000  # of kB
    _tell(seconds=seconds, cpu=cpu, peak_mb=peak, arrived=arrived)


def _keeper(source_id: int) -> tuple[Callable[..., None], Any]:
    """What captures, and what it takes first; an older checkout takes the source's id alone."""
    try:
        keeping = importlib.import_module("statetrace_ui.capture.keeping")
    except ModuleNotFoundError:
        return importlib.import_module("statetrace_ui.capture.worker").keep_capturing, source_id
    return keeping.keep_capturing, keeping.Hold(source_id, 0)


def _tell(**result: Any) -> None:
    print(json.dumps(result))


if __name__ == "__main__":
    import django

    django.setup()
    {step.__name__: step for step in (prepare, capture, await_rows, copy)}[sys.argv[1]](*sys.argv[2:])
