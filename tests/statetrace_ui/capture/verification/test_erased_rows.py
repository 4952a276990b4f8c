"""Rows that were erased here, keys and all, while the audited table still has them: told apart, and not stored anew."""

import io

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from statetrace_ui.capture.verification.mender import TableMender
from statetrace_ui.capture.verification.models import RowDifference
from statetrace_ui.history.erasure import requests, runs, waiting
from statetrace_ui.history.gap_store import Loss, declare
from statetrace_ui.history.models import Change, Erasure, Gap, Source
from statetrace_ui.web.models import Membership
from tests.statetrace_ui.capture.verification.conftest import (
    CLEAN,
    DIFFERENT,
    assert_clean,
    differences,
    tamper,
    verify,
)
from tests.statetrace_ui.conftest import Audited
from tests.statetrace_ui.history.erasure.test_erasing import ADA, BOB, found

LOGIN, VISIT = "public.login", "public.visit"
ERASED = (LOGIN, "erased", "")


@pytest.fixture
def logins(audited: Audited, monkeypatch: pytest.MonkeyPatch) -> Source:
    """Ada and Bob, whose emails are their keys: in one table the field that erasures name, in the other not."""
    monkeypatch.setattr(waiting, "LOOK_SECONDS", 0.05)
    audited.run(
        "CREATE TABLE login (email text PRIMARY KEY, at text)",
        "CREATE TABLE visit (who text PRIMARY KEY, at text)",
        *(f"INSERT INTO {table} VALUES ('{ADA}', 'noon'), ('{BOB}', 'noon')" for table in ("login", "visit")),
    )
    return audited.add()


def erase_ada(source: Source) -> Erasure:
    places, wanted = requests.person_wanted(source, ["email"], [], ADA, "", elsewhere=True)
    erasure = requests.ask(source, Erasure.Kind.PERSON, places, wanted, "", "manager")
    runs.perform(erasure)
    requests.confirm(erasure, "manager")
    runs.perform(erasure)
    assert (erasure.state, found("ada@")) == ("done", {})
    return erasure


def test_they_are_a_kind_of_their_own_and_not_mended(logins: Source, audited: Audited) -> None:
    with audited.capturing(logins):
        erase_ada(logins)
        for options in ([], ["--mend"]):
            status, document = verify("shop", *options)
            assert (status, document["differences"], document["mended"]) == (DIFFERENT, 2, 0)
            assert differences(document) == [ERASED, (VISIT, "erased", "")]
            assert found("ada@") == {}
        audited.run(f"DELETE FROM login WHERE email = '{ADA}'", f"DELETE FROM visit WHERE who = '{ADA}'")
        assert verify("shop")[0] == CLEAN


def test_what_is_really_missing_is_found_beside_them_and_mended(logins: Source, audited: Audited) -> None:
    with audited.capturing(logins):
        erase_ada(logins)
        tamper("DELETE FROM history_change WHERE record_key = %s AND new[2] = 'noon'", f'["{BOB}"]')
        _, document = verify("shop", "login", "--mend")
        assert differences(document) == [ERASED, (LOGIN, "missing", f'["{BOB}"]')]
        assert (document["mended"], found("ada@")) == (1, {})
        assert differences(verify("shop", "login")[1]) == [ERASED]


def test_a_row_that_came_again_is_missed_like_any_other(logins: Source, audited: Audited) -> None:
    with audited.capturing(logins):
        erase_ada(logins)
        audited.run(f"UPDATE login SET at = 'night' WHERE email = '{ADA}'")
        assert_clean("login")
        tamper("UPDATE history_change SET kind = 'D' WHERE record_key = %s", f'["{ADA}"]')
        assert differences(verify("shop", "login")[1]) == [(LOGIN, "missing", f'["{ADA}"]')]


def test_they_are_not_found_when_their_tables_are_read_again(logins: Source, audited: Audited) -> None:
    with audited.capturing(logins):
        erase_ada(logins)
    logins.refresh_from_db()
    last = Change.objects.latest("id").pk
    declare(logins, Loss(Gap.Reason.SLOT_GONE, "the replication slot is gone"))
    audited.run(f"INSERT INTO login VALUES ('{ADA}.org', 'noon')")
    audited.capture(logins)
    again = Change.objects.filter(pk__gt=last, table__isnull=False).exclude(record_key="")
    assert list(again.values_list("kind", "record_key")) == [("I", f'["{ADA}.org"]')]


def test_nothing_is_mended_while_something_is_erased(logins: Source, audited: Audited) -> None:
    with audited.capturing(logins):
        assert_clean()
        tamper("DELETE FROM history_change WHERE record_key = %s", f'["{BOB}"]')
        erasure = Erasure.objects.create(source=logins, kind="person", state="erasing")
        assert verify("shop", "login", "--mend")[1]["mended"] == 0
        Erasure.objects.filter(pk=erasure.pk).update(state="done")
        assert verify("shop", "login", "--mend")[1]["mended"] == 1


def test_what_was_compared_before_an_erasure_is_not_mended_after_it(
    logins: Source, audited: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = TableMender.store

    def erase_first(mender: TableMender) -> int:
        erase_ada(logins)
        return original(mender)

    with audited.capturing(logins):
        assert_clean()
        tamper("UPDATE history_change SET new[2] = 'forged' WHERE record_key = %s", f'["{ADA}"]')
        monkeypatch.setattr(TableMender, "store", erase_first)
        assert verify("shop", "login", "--mend")[1]["mended"] == 0
    assert found("ada@") == {}


def test_command_and_page_say_so_without_the_key(logins: Source, audited: Audited, client: Client) -> None:
    out = io.StringIO()
    with audited.capturing(logins):
        erase_ada(logins)
        with pytest.raises(SystemExit):
            call_command("verify_history", "shop", "login", stdout=out)
    sentence = "erased here, but not in the table: erase it there, too"
    assert f"a row whose key was erased: {sentence}" in out.getvalue()
    reader = User.objects.create_user("reader")
    Membership.objects.create(user=reader, organisation=logins.organisation, role=Membership.Role.READER)
    client.force_login(reader)
    page = client.get(f"/sources/{logins.pk}/verification/").content.decode()
    assert (sentence.capitalize() in page, "a row whose key was erased" in page, ADA in page) == (True, True, False)
    assert list(RowDifference.objects.values_list("kind", "record_key")) == [("erased", "")]
