from collections.abc import Callable, Iterator

import psycopg
import pytest

from replica.databases.addresses import with_parts
from statetrace_ui.demo.prepare import prepare

COUNTS = """
SELECT (SELECT count(*) FROM shop_product), (SELECT count(*) FROM shop_order), (SELECT count(*) FROM auth_user),
       (SELECT count(*) FROM statetrace_annotations WHERE kind = '_st.app.mig'), pg_current_xact_id_if_assigned()
"""


@pytest.mark.long
def test_the_shop_is_stocked_once_and_announces_its_migration_once(new_database: Callable[..., str]) -> None:
    url = new_database()
    prepare(url)
    prepare(url)
    with psycopg.connect(url) as connection:
        assert connection.execute(COUNTS).fetchone() == (48, 60, 5, 1, None)


@pytest.fixture
def powerless(server_url: str) -> Iterator[str]:
    """The name and password of a role that was given no rights at all."""
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute("CREATE ROLE powerless LOGIN PASSWORD 'powerless'")
    yield "powerless"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute("DROP ROLE powerless")


def test_the_shop_closes_its_database_to_roles_without_rights(new_database: Callable[..., str], powerless: str) -> None:
    url = new_database()
    visit = with_parts(url, user=powerless, password=powerless)
    psycopg.connect(visit).close()
    prepare(url)
    with pytest.raises(psycopg.OperationalError, match="does not have CONNECT privilege"):
        psycopg.connect(visit)


def test_failures_are_explained(new_database: Callable[..., str]) -> None:
    url = new_database()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE shop_product (id int)")
    with pytest.raises(RuntimeError, match=r"could not be made ready:\n(.|\n)*shop_product"):
        prepare(url)
