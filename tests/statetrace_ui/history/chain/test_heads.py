"""Heads are exported or mailed, the key is printed, and a program of somebody else's can verify with both."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as site
from django.core import mail
from django.core.management import call_command
from django.db import connection
from pytest_django import Settings

from statetrace_ui.accounts.models import SecurityEvent
from statetrace_ui.embedded import database_url
from statetrace_ui.history.chain.heads import read_heads
from statetrace_ui.history.models import ChainKey, ChainLink, Source
from statetrace_ui.history.store import store
from statetrace_ui.history.tasks import mail_chain_heads
from statetrace_ui.web.errors import UserError
from tests.statetrace_ui.history.chain.conftest import walked
from tests.statetrace_ui.history.test_store import commit, insert, note

ROOT = Path(__file__).parents[4]


def command(*arguments: str) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def test_heads_are_a_line_of_json_for_each_source(kept: Source) -> None:
    head = json.loads(command("chain_heads"))
    link = ChainLink.objects.order_by("number").last()
    assert link
    assert (head["source"], head["name"], head["link"]) == (kept.pk, "shop", 6)
    assert bytes.fromhex(head["digest"]) == bytes(link.digest)
    assert command("chain_heads", "--source", "other") == ""


def test_heads_of_many_days_and_sources_are_read(kept: Source) -> None:
    first = command("chain_heads")
    store(kept, [commit(7, insert(17))])
    others = json.dumps({"source": kept.pk + 1, "link": 1, "digest": "00"})
    heads = read_heads(f"{first}\n\n{command('chain_heads')}\n{others}", kept.pk)
    assert sorted(heads) == [6, 7]
    assert walked(kept, heads).clean
    assert not walked(kept, {**heads, 6: "00"}).clean


@pytest.mark.parametrize("text", ["", "no json", "[]", "7", "null", '{"source": 1}', "[" * 100_000])
def test_a_file_without_heads_of_the_source_is_refused(text: str) -> None:
    with pytest.raises(UserError):
        read_heads(text, 1)


def test_heads_are_mailed(kept: Source, settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    assert "1 heads were sent" in command("chain_heads", "--mail", "audit@example.com")
    [sent] = mail.outbox
    assert sent.to == ["audit@example.com"]
    [(name, content, _)] = sent.attachments
    assert (name, content) == ("heads.jsonl", command("chain_heads"))


def test_without_a_mail_server_a_sentence_says_what_to_set(kept: Source, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command("chain_heads", "--mail", "audit@example.com")
    assert "Set MAIL_HOST" in capsys.readouterr().err
    assert mail.outbox == []


def test_heads_are_mailed_once_a_day_to_whom_the_settings_name(kept: Source, settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example.com"
    mail_chain_heads(0)
    assert mail.outbox == []
    settings.CHAIN_HEADS_MAIL = ["audit@example.com"]
    mail_chain_heads(0)
    assert [message.to for message in mail.outbox] == [["audit@example.com"]]


def test_the_key_is_printed_and_the_security_log_says_so(kept: Source) -> None:
    assert command("chain_key", "shop").strip() == ChainKey.objects.get().key
    assert SecurityEvent.objects.filter(event="credentials_revealed", subject="chain key of shop").exists()


def test_the_key_is_not_stored_in_clear(kept: Source) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT key FROM history_chainkey")
        ((stored,),) = cursor.fetchall()
    assert ChainKey.objects.get().key not in stored


@pytest.mark.parametrize("name", ["shop", "nothing"])
def test_without_a_chain_there_is_no_key(source: Source, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command("chain_key", name)
    assert "has no" in capsys.readouterr().err


def documented_program() -> str:
    [program] = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "chain.md").read_text(), re.DOTALL)
    return str(program)


def test_the_documented_program_verifies_and_finds_what_was_altered(transactional_db: None, source: Source) -> None:
    act = note("act", "a", action_session_id="s", action_url="/pay", action_length_ms=1.5)
    store(source, [commit(1, insert(1), act), commit(2, insert(2), insert(3))])
    store(source, [commit(3, insert(4), note("sess", "s", session_actor_full_name="Ada\tB\\"))])
    url = database_url(site.REPLICA_SERVER_URL, connection.settings_dict["NAME"])
    arguments = [sys.executable, "-c", documented_program(), url, str(source.pk), ChainKey.objects.get().key]
    whole = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert (whole.stdout, whole.stderr) == ("3 links hold\n", "")
    for table, link in (
        ("history_change SET new = '{4,y}' WHERE record_key = '[\"4\"]'", 3),
        ("history_action SET url = ''", 2),
    ):
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table}")
        altered = subprocess.run(arguments, capture_output=True, text=True, check=False)
        assert f"of link {link}" in altered.stderr
