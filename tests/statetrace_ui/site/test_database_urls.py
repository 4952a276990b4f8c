"""`database_urls` shows where the databases are, and their passwords only to those who ask for them."""

import pytest

from statetrace_ui.site.management.commands.database_urls import mask_password


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:hunter2@h:5432/db", "postgresql://u:***@h:5432/db"),
        ("postgresql://h/db?user=u&password=hunter2", "postgresql://h/db?user=u&password=***"),
        ("postgresql://h/db?pass%77ord=hunter2", "postgresql://h/db?password=***"),
        ("postgresql:///db?host=/run/pg&sslpassword=hunter2", "postgresql:///db?host=/run/pg&sslpassword=***"),
        ("postgresql://u@h/db", "postgresql://u@h/db"),
        ("host=h password=hunter2", "***"),
    ],
)
def test_passwords_are_masked_wherever_they_stand(url: str, shown: str) -> None:
    assert mask_password(url) == shown
