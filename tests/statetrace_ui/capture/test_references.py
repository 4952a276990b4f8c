"""Foreign keys of captured tables, which come and go without a word in the stream."""

from statetrace_ui.history.models import Change, Table
from tests.statetrace_ui.conftest import Audited
from tests.waiting import wait_until

TO_CUSTOMER = [{"columns": ["customer"], "table": ["public", "customer"], "to": ["id"]}]


def known(table: str) -> list[object]:
    return list(Table.objects.get(table_name=table).foreign_keys)


def test_constraints_are_known_as_they_come_and_go(audited: Audited) -> None:
    audited.run("CREATE TABLE customer (id int PRIMARY KEY)", "CREATE TABLE orders (id int PRIMARY KEY, customer int)")
    source = audited.add()
    assert known("orders") == []
    with audited.capturing(source):
        audited.run("ALTER TABLE orders ADD CONSTRAINT of FOREIGN KEY (customer) REFERENCES customer")
        wait_until(lambda: known("orders") == TO_CUSTOMER)
        audited.run("ALTER TABLE orders DROP CONSTRAINT of")
        wait_until(lambda: known("orders") == [])


def test_a_table_that_comes_later_is_known_with_its_keys_and_one_that_goes_keeps_them(audited: Audited) -> None:
    audited.run("CREATE TABLE customer (id int PRIMARY KEY)")
    source = audited.add()
    with audited.capturing(source):
        audited.run("CREATE TABLE orders (id int PRIMARY KEY, customer int REFERENCES customer)")
        wait_until(lambda: Table.objects.filter(table_name="orders", foreign_keys=TO_CUSTOMER).exists())
        audited.run("DROP TABLE orders")
        wait_until(lambda: Change.objects.filter(kind="E").exists())
    assert known("orders") == TO_CUSTOMER


def test_another_sources_table_of_the_same_name_is_left_alone(audited: Audited) -> None:
    audited.run("CREATE TABLE customer (id int PRIMARY KEY)", "CREATE TABLE orders (id int PRIMARY KEY, customer int)")
    source, other = audited.add(), audited.add_elsewhere()
    with audited.capturing(source):
        audited.run("ALTER TABLE orders ADD FOREIGN KEY (customer) REFERENCES customer")
        wait_until(lambda: Table.objects.filter(source=source, foreign_keys=TO_CUSTOMER).exists())
    assert not Table.objects.filter(source=other, foreign_keys=TO_CUSTOMER).exists()
