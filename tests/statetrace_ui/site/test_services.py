"""What must be there before a site starts."""

import pytest
from django.conf import settings

from statetrace_ui.site.services import require_database
from statetrace_ui.site.supervisor import CannotStart


def refusal(url: str) -> str:
    """What is wrong with a database; nothing if it is accepted."""
    try:
        require_database(url, "STORE_URL")
    except CannotStart as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("nonsense:unguessable", "STORE_URL is not a PostgreSQL URL"),
        ("postgresql://u:unguessable@127.0.0.1:1/d", "The database of STORE_URL does not let us in"),
    ],
)
def test_a_database_that_does_not_answer_is_named_by_its_variable_without_its_password(url: str, sentence: str) -> None:
    assert sentence in refusal(url)
    assert "unguessable" not in refusal(url)


def test_a_database_that_answers_is_accepted() -> None:
    assert refusal(settings.REPLICA_SERVER_URL) == ""
