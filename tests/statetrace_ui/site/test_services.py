"""What must be there before a site starts."""

import pytest
from django.conf import settings

from statetrace_ui.site.services import require_database
from statetrace_ui.site.supervisor import CannotStart


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("nonsense:unguessable", "STORE_URL is not a PostgreSQL URL"),
        ("postgresql://u:unguessable@127.0.0.1:1/d", "The database of STORE_URL does not let us in"),
    ],
)
def test_a_database_that_does_not_answer_is_named_by_its_variable_without_its_password(url: str, sentence: str) -> None:
    with pytest.raises(CannotStart, match=sentence) as caught:
        require_database(url, "STORE_URL")
    assert "unguessable" not in str(caught.value)


def test_a_database_that_answers_is_accepted() -> None:
    require_database(settings.REPLICA_SERVER_URL, "STORE_URL")
