"""The whole way on a real server: commit at the source → rows in history."""

from statetrace_ui.history.models import Change, Transaction
from tests.statetrace_ui.capture.conftest import Audited, stored


def test_insert_update_and_delete_are_stored_in_order(audited: Audited) -> None:
    audited.run("CREATE TABLE item (id int PRIMARY KEY, name text)", "INSERT INTO item VALUES (1, 'before')")
    source = audited.add()
    audited.run("INSERT INTO item VALUES (2, 'lamp')", "UPDATE item SET name = 'lamp 2' WHERE id = 2")
    audited.together("DELETE FROM item WHERE id = 2", "INSERT INTO item VALUES (3, NULL)")
    audited.capture(source)
    assert stored("kind", "record_key", "sequence", "old", "new") == [
        ("I", '["2"]', 0, None, {"id": "2", "name": "lamp"}),
        ("U", '["2"]', 0, None, {"id": "2", "name": "lamp 2"}),
        ("D", '["2"]', 0, {"id": "2"}, None),
        ("I", '["3"]', 1, None, {"id": "3", "name": None}),
    ]
    assert Change.objects.get(kind="B").new == {"id": "1", "name": "before"}
    assert list(Transaction.objects.order_by("id").values_list("kind", "change_count")) == [
        ("baseline", 1),
        ("commit", 1),
        ("commit", 1),
        ("commit", 2),
    ]
