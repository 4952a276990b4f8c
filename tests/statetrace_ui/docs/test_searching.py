"""Words find sections, the most telling first."""

from statetrace_ui.docs.pages import Page, Section
from statetrace_ui.docs.searching import search

WEBHOOKS = Page(
    "webhooks",
    "",
    (
        Section("webhooks", "Webhooks", 1, "What is sent."),
        Section("signing", "Signing", 2, "A receiver checks the signature. " * 20 + "Then it answers."),
    ),
)
BACKUP = Page("backup", "", (Section("backup", "Backup", 1, "Webhooks are kept, and 100% of signatures."),))


def found(text: str) -> list[str]:
    return [one.section.anchor for one in search([BACKUP, WEBHOOKS], text, 10)]


def test_titles_count_more_than_texts() -> None:
    assert found("webhooks") == ["webhooks", "signing", "backup"]


def test_every_word_is_needed_at_its_beginning() -> None:
    assert found("sign receiver") == ["signing"]
    assert found("ebhooks") == []
    assert found("webhooks nowhere") == []


def test_signs_mean_themselves() -> None:
    assert found("100%") == ["backup"]
    assert found("(.*") == []
    assert found("") == found("   ") == []


def test_an_excerpt_shows_where_the_word_stands() -> None:
    [one] = search([WEBHOOKS], "answers", 10)
    assert one.excerpt[0].startswith("…")
    assert one.excerpt[1] == "answers"


def test_no_more_is_found_than_wanted() -> None:
    assert len(search([BACKUP, WEBHOOKS], "webhooks", 2)) == 2
