"""`manage.py remove_source`."""

import io

import pytest
from django.core.management import call_command

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.accounts.security_log import Event
from statetrace_ui.history.models import Change, Source
from tests.statetrace_ui.conftest import Audited, supervised
from tests.waiting import wait_until


def test_it_leaves_nothing_at_the_audited_database_and_keeps_the_history(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY)", "INSERT INTO item VALUES (1)")
    audited.add()
    with supervised():
        wait_until(lambda: Source.objects.get().seen_at is not None)
        call_command("remove_source", "shop", stdout=io.StringIO())
    assert audited.rows("SELECT slot_name FROM pg_replication_slots WHERE database = current_database()") == []
    assert audited.rows("SELECT pubname FROM pg_publication") == []
    assert Change.objects.filter(kind="B").count() == 1
    assert (Source.objects.get().url, Source.objects.get().status) == ("", "stopped")


def test_adding_and_removing_are_in_the_security_log(audited: Audited) -> None:
    call_command("add_source", "shop", audited.url, stdout=io.StringIO())
    call_command("remove_source", "shop", stdout=io.StringIO())
    entries = SecurityEvent.objects.filter(subject="shop").order_by("id")
    assert [(entry.event, entry.organisation_name) for entry in entries] == [
        (Event.SOURCE_ADDED, "Acme"),
        (Event.SOURCE_REMOVED, "Acme"),
    ]
    assert audited.url not in str(list(SecurityEvent.objects.values_list()))


def test_a_source_that_is_not_connected_says_so(audited: Audited) -> None:
    errors = io.StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("remove_source", "shop", stderr=errors)
    assert end.value.code == 2
    assert "has no source shop" in errors.getvalue()
