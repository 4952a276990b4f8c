"""One client: writes through Django for some seconds, and prints how many transactions it committed.

Run by `__main__`: python -m benchmarks.overhead.client SECONDS, with KIND and AUDITED_URL in the environment.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any


def main(seconds: float) -> int:
    import django

    django.setup()
    from django.db import transaction

    from benchmarks.overhead.models import MODELS, MOST_ITEMS
    from benchmarks.overhead.settings import KIND

    model = MODELS[KIND]
    model._default_manager.count()  # connects
    with _session(KIND) as request:
        done, end = 0, time.perf_counter() + seconds
        while time.perf_counter() < end:
            with request(), transaction.atomic():
                item = model._default_manager.get(pk=random.randint(1, MOST_ITEMS))
                item.amount += 1
                item.save()
            done += 1
    return done


@contextmanager
def _session(kind: str) -> Iterator[Callable[[], AbstractContextManager[Any]]]:
    """What a browser's requests would bind."""
    if not kind.startswith("by_"):
        yield nullcontext
        return
    from statetrace_ui.annotate.context import action, session

    with session(actor_id="1", full_name="Ada Lovelace"):
        yield lambda: action(url="/item/", method="POST")


if __name__ == "__main__":
    print(main(float(sys.argv[1])))
