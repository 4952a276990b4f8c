"""What is said of failures holds no values of rows."""

import logging
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection

from statetrace_ui.capture.failures import described
from statetrace_ui.capture.reporting import log_failure, record_failure
from statetrace_ui.history.models import Source
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.history.rows import make_source

STATEMENTS = [
    "SELECT 'clear-text'::int",
    "CREATE TEMP TABLE once (word text PRIMARY KEY) ON COMMIT DROP;"
    " INSERT INTO once VALUES ('clear-text'), ('clear-text')",
    "SELECT 'clear-text'::json",
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("statement", STATEMENTS)
def test_values_that_the_database_refuses_are_neither_logged_nor_shown(
    statement: str, caplog: pytest.LogCaptureFixture
) -> None:
    source = make_source(Organisation.objects.create(name="Acme", slug="acme"))
    with pytest.raises(DatabaseError, match="clear-text") as failed, connection.cursor() as cursor:
        cursor.execute(statement)
    with caplog.at_level(logging.DEBUG):
        log_failure(source.pk, failed.value)
    record_failure(Source.objects.filter(pk=source.pk), failed.value)
    source.refresh_from_db()
    assert "the database refused a value" in source.error_detail
    assert "clear-text" not in source.error + source.error_detail + caplog.text
    assert "test_failures.py" in caplog.text  # where it happened


@pytest.mark.django_db
def test_a_copy_that_fails_does_not_show_its_line() -> None:
    with connection.cursor() as cursor, pytest.raises(psycopg.Error) as failed:
        _copy_wrong_line(cursor)
    assert "clear-text" in str(failed.value)
    assert "clear-text" not in described(failed.value)


def _copy_wrong_line(cursor: Any) -> None:
    cursor.execute("CREATE TEMP TABLE number (n int)")
    with cursor.copy("COPY number FROM STDIN") as copy:
        copy.write_row(["clear-text"])


def test_other_failures_keep_the_servers_words() -> None:
    error = psycopg.errors.DiskFull("could not extend file: No space left on device")
    assert "No space left on device" in described(error)


def test_an_error_of_the_program_is_named_without_its_message() -> None:
    assert "clear-text" not in described(ValueError("clear-text"))
    assert "ValueError" in described(ValueError("clear-text"))
