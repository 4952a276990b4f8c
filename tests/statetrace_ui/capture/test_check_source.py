"""`manage.py check_source`, and the same check by the worker after a migration."""

import io

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from statetrace_ui.history.models import Source
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.capture.test_annotations import annotated as annotated
from tests.statetrace_ui.conftest import Audited
from tests.statetrace_ui.history.rows import make_source
from tests.waiting import wait_until


def checked(status: int) -> str:
    """What the command prints; it must end with the status."""
    out, errors = io.StringIO(), io.StringIO()
    if status:
        with pytest.raises(SystemExit) as end:
            call_command("check_source", "shop", stdout=out, stderr=errors)
        assert end.value.code == status
    else:
        call_command("check_source", "shop", stdout=out, stderr=errors)
    return out.getvalue() + errors.getvalue()


def test_a_source_in_order_gets_advice_alone(audited: Audited) -> None:
    source = audited.add()
    said = checked(0)
    assert "Advice:\n  max_slot_wal_keep_size is not limited" in said
    assert "Nothing keeps shop from being captured." in said
    assert "Blocking" not in said
    source.refresh_from_db()
    assert source.checked_at
    assert not source.blocking
    assert any("max_slot_wal_keep_size" in sentence for sentence in source.advice)


@pytest.mark.parametrize(
    ("break_it", "finding"),
    [
        ("SELECT pg_drop_replication_slot('{slot}')", "The replication slot {slot} is gone."),
        ("DROP PUBLICATION {publication}", "The publication {publication} is gone."),
        ("DROP PUBLICATION {publication}_inserts", "The publication {publication}_inserts is gone."),
        ("CREATE TABLE bad (id int)", "would make their UPDATE and DELETE fail in the application: public.bad."),
    ],
)
def test_what_blocks_is_told_apart_and_nothing_is_changed(audited: Audited, break_it: str, finding: str) -> None:
    source = audited.add()
    names = {"slot": source.slot_name, "publication": source.publication_name}
    audited.run(break_it.format(**names))
    blocking, _, advice = checked(1).partition("Advice:")
    assert blocking.startswith("Blocking:\n")
    assert finding.format(**names) in blocking
    assert "max_slot_wal_keep_size" in advice
    after = Source.objects.get()
    assert (after.position, after.era, after.status) == (source.position, 0, source.status)
    assert finding.format(**names) in " ".join(after.blocking)


def test_a_server_that_is_away_or_another_one_blocks(audited: Audited) -> None:
    audited.add()
    Source.objects.update(system_identifier="1")
    assert "leads to another server" in checked(1)
    Source.objects.update(url=audited.url_of("missing"))
    assert "The audited database cannot be reached" in checked(1)


def test_a_source_that_is_not_there_or_not_connected_is_an_error(audited: Audited) -> None:
    assert "Acme has no source shop." in checked(2)
    audited.add()
    call_command("remove_source", "shop", stdout=io.StringIO())
    assert "shop is not connected." in checked(2)


def test_a_worker_checks_after_a_migration(annotated: Audited) -> None:
    source = annotated.add()
    with annotated.capturing(source) as errors:
        annotated.together(
            "CREATE TABLE bad (id int)",
            "INSERT INTO statetrace_annotations VALUES ('m', '_st.app.mig', '{}', '{}')",
        )
        wait_until(lambda: errors or Source.objects.get().checked_at)
    assert not errors
    assert "public.bad" in " ".join(Source.objects.get().blocking)


def test_what_it_found_names_roles_and_tables_and_is_for_managers(
    client: Client, reader_client: Client, manager: User, organisation: Organisation
) -> None:
    findings = [
        {"sentence": "Publishing public.<b>bad", "blocking": True},
        {"sentence": "Be careful", "blocking": False},
    ]
    source = make_source(organisation, findings=findings, checked_at=timezone.now())
    client.force_login(manager)
    seen_by_reader = reader_client.get(f"/sources/{source.pk}/").content.decode()
    assert "public." not in seen_by_reader
    assert "1 blocking, 1 advice" in seen_by_reader
    assert "public.&lt;b&gt;bad" in client.get(f"/sources/{source.pk}/").content.decode()
