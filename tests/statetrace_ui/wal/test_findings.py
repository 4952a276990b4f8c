"""The list of checks that people read."""

from statetrace_ui.capture.templatetags.capture import code_spans
from statetrace_ui.wal.findings import Finding, Topic, checklist


def test_what_must_be_mended_comes_first_and_all_else_is_in_order() -> None:
    found = [Finding("No limit.", False, Topic.RETAINED, "ALTER …"), Finding("No key.", True, Topic.KEYS)]
    checks = checklist(found)
    assert [(check.title, check.state) for check in checks[:2]] == [
        (Topic.KEYS.value, "blocking"),
        (Topic.RETAINED.value, "advice"),
    ]
    assert {check.state for check in checks[2:]} == {"ok"}
    assert len(checks) == len(Topic)


def test_nothing_is_in_order_of_a_server_that_was_not_reached() -> None:
    assert {check.state for check in checklist([Finding("It does not answer.")])} == {"blocking", "unknown"}


def test_an_old_server_was_reached_and_nothing_more_is_known() -> None:
    states = {check.title: check.state for check in checklist([Finding("Too old.", topic=Topic.VERSION)])}
    assert states[Topic.CONNECTION.value] == "ok"
    assert states[Topic.KEYS.value] == "unknown"


def test_statements_within_sentences_are_code_and_escaped() -> None:
    assert code_spans("Run `DROP <x>` now <b>") == "Run <code>DROP &lt;x&gt;</code> now &lt;b&gt;"
