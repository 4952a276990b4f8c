"""The recipe for Celery of docs/annotating.md, with a real worker whose broker is in memory."""

from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from django.db import connections

from statetrace_ui.annotate.context import action, job_context, session
from tests.guide import blocks
from tests.statetrace_ui.annotate.conftest import Audited
from tests.statetrace_ui.annotate.models import Item

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::PendingDeprecationWarning")


@pytest.mark.parametrize("by", ["table", pytest.param("message", marks=pytest.mark.long)])
def test_a_task_continues_the_session_of_whoever_asked_for_it(audited: Audited) -> None:
    (recipe,) = blocks("### Celery, with Django", "python")
    names: dict[str, Any] = {"__name__": "shop"}
    exec(recipe, names)
    app = names["app"]
    app.conf.update(broker_url="memory://", result_backend="cache+memory://", task_always_eager=False)

    def write(name: str) -> None:
        Item.objects.create(name=name)
        connections["audited"].close()  # the worker is a thread of this process

    restock = app.task(write, name="restock")
    with start_worker(app, pool="solo", perform_ping_check=False, loglevel="ERROR"):
        with session(actor_id="7", full_name="Ada"), action(url="/buy", method="POST"):
            asked = job_context()
            restock.delay("asked for").get(timeout=20)
        restock.delay("by itself").get(timeout=20)
    with session(actor_id="7"), action(url="/eager", method="POST"):
        app.conf.task_always_eager = True
        restock.delay("eager").get()
    first, second, eager = audited.actions
    assert list(audited.items()) == ["asked for", "by itself", "eager"]
    assert (first.payload["action_url"], first.payload["action_method"]) == ("task:restock", "task")
    assert (first.payload["action_session_id"], first.payload["action_parent_id"]) == (
        asked["session_id"],
        asked["parent_id"],
    )
    (celery,) = [row for row in audited.sessions if row.id == second.payload["action_session_id"]]
    assert celery.payload["session_actor_full_name"] == "Celery"
    assert eager.payload["action_parent_id"]
