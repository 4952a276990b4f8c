"""`manage.py ask`: answers in the terminal."""

import csv
import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command

from statetrace_ui.history.models import Change, Relation
from statetrace_ui.web.models import Organisation
from tests.statetrace_ui.conftest import command_process
from tests.statetrace_ui.history.rows import make_change, make_source, make_transaction, row


def ask(line: str, **options: object) -> str:
    out = io.StringIO()
    call_command("ask", line, stdout=out, **options)
    return out.getvalue()


def test_a_change_is_one_line_of_json(change: Change) -> None:
    assert json.loads(ask("table:orders field:status new:=paid", format="jsonl")) == {
        "source": "shop",
        "schema": "public",
        "table": "orders",
        "key": ["7"],
        "kind": "update",
        "at": "2026-03-14T12:00:00+00:00",
        "actor": "Ada Lovelace",
        "url": "/orders/7/pay",
        "old": {"status": "new"},
        "new": {"status": "paid"},
    }


def test_values_before_are_those_of_history_where_they_were_not_sent(change: Change, orders: Relation) -> None:
    make_change(make_transaction(orders.source), orders, "U", new=row(status="sent"))
    made = json.loads(ask("field:status old:=paid", format="jsonl"))
    assert (made["old"], made["new"], made["actor"]) == ({"status": "paid"}, {"status": "sent"}, None)


def test_a_spreadsheet_takes_no_text_for_a_formula(orders: Relation) -> None:
    make_change(make_transaction(orders.source), orders, "D", record_key='["=1+1"]')
    [names, line] = csv.reader(ask("kind:delete", format="csv").splitlines())
    assert dict(zip(names, line, strict=True))["key"] == "'=1+1"


def test_a_table_is_for_reading(change: Change) -> None:
    first, second = ask("").splitlines()
    assert first == "2026-03-14T12:00:00+00:00  update  shop  public.orders  7  Ada Lovelace  /orders/7/pay"
    assert second == "    status: new → paid"


def test_a_limit_leaves_out_what_is_older(change: Change, orders: Relation) -> None:
    newest = make_change(make_transaction(orders.source), orders, "D", "8", old=row("8"))
    assert [json.loads(line)["key"] for line in ask("", format="jsonl", limit=1).splitlines()] == [["8"]]
    assert newest.pk > change.pk


def test_what_is_wrong_is_marked_in_the_line(change: Change, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        ask("table:orders kind:foo")
    assert "table:orders kind:foo\n             ^^^^^^^^\nThere is no kind foo." in capsys.readouterr().err


def test_other_organisations_are_not_asked(change: Change) -> None:
    stranger = Organisation.objects.create(name="Stranger", slug="stranger")
    make_source(stranger, "theirs")
    assert ask("", organisation="stranger") == ""
    assert ask("", organisation=change.source.organisation.slug) != ""


@pytest.mark.long
def test_it_ends_quietly_when_nobody_reads_any_more(transactional_db: None, change: Change, tmp_path: Path) -> None:
    with command_process(tmp_path, "ask", "") as process:
        assert process.stdout
        process.stdout.close()
        process.stdout = None
        assert process.wait() == 0
