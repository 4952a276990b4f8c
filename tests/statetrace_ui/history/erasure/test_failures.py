"""An erasure that fails says so without values, and goes on when it is confirmed again."""

from typing import Any

import pytest
from django.db import connection

from statetrace_ui.history.erasure import annotations, changes, requests, runs
from statetrace_ui.history.models import Erasure, Source
from statetrace_ui.web.errors import UserError
from tests.statetrace_ui.history.erasure.test_erasing import ADA, ask_for_ada, found
from tests.statetrace_ui.history.erasure.test_erasing import source as source


def refuse(*_: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 'ada@example.com'::int")


def test_what_failed_goes_on_when_it_is_confirmed_again(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    erasure = ask_for_ada(source)
    runs.perform(erasure)
    requests.confirm(erasure, "manager")
    with monkeypatch.context() as patched:
        patched.setattr(changes, "erase_words", refuse)
        with pytest.raises(Exception, match=ADA):
            runs.perform(erasure)
    assert (erasure.state, ADA in erasure.error, "DataError" in erasure.error) == ("failed", False, True)
    requests.confirm(erasure, "manager")
    runs.perform(erasure)
    assert (erasure.state, found("ada@")) == ("done", {})


def test_what_could_not_be_counted_is_not_erased(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    erasure = ask_for_ada(source)
    monkeypatch.setattr(changes, "erase_words", refuse)
    with pytest.raises(Exception, match=ADA):
        runs.perform(erasure)
    with pytest.raises(UserError, match="failed"):
        requests.confirm(erasure, "manager")
    requests.cancel(erasure)
    assert Erasure.objects.get().state == "cancelled"


def test_a_session_that_is_just_being_written_is_waited_for(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = [annotations.SessionBusy(), annotations.SessionBusy()]
    original = annotations.erase_sessions

    def erase_sessions(*arguments: Any) -> Any:
        if arguments[3] and busy:
            raise busy.pop()
        return original(*arguments)

    monkeypatch.setattr(annotations, "erase_sessions", erase_sessions)
    monkeypatch.setattr(runs, "BUSY_SECONDS", 0)
    erasure = ask_for_ada(source)
    runs.perform(erasure)
    requests.confirm(erasure, "manager")
    runs.perform(erasure)
    assert (busy, erasure.done) == ([], erasure.found)
