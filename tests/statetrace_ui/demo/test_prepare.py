from collections.abc import Callable

import psycopg
import pytest

from statetrace_ui.demo.prepare import prepare

COUNTS = """
SELECT (SELECT count(*) FROM shop_product), (SELECT count(*) FROM shop_order), (SELECT count(*) FROM auth_user),
       (SELECT count(*) FROM statetrace_annotations WHERE kind = '_st.app.mig'), pg_current_xact_id_if_assigned()
"""


def test_the_shop_is_stocked_once_and_announces_its_migration_once(new_database: Callable[..., str]) -> None:
    url = new_database()
    prepare(url)
    prepare(url)
    with psycopg.connect(url) as connection:
        assert connection.execute(COUNTS).fetchone() == (48, 60, 5, 1, None)


def test_what_goes_wrong_is_said(new_database: Callable[..., str]) -> None:
    url = new_database()
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE shop_product (id int)")
    with pytest.raises(RuntimeError, match=r"could not be made ready:\n(.|\n)*shop_product"):
        prepare(url)
