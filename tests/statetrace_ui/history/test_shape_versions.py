from statetrace_ui.history.shape_versions import ColumnDifference, Difference, column_differences


def column(name: str, kind: str = "text", key: bool = False) -> dict[str, object]:
    return {"name": name, "type": kind, "key": key}


def test_what_was_added_dropped_and_altered_is_told_apart() -> None:
    before = [column("id", "integer", key=True), column("gone"), column("total", "integer"), column("code")]
    now = [column("id", "integer"), column("total", "numeric(10,2)"), column("code", key=True), column("new", "date")]
    assert column_differences(before, now) == [
        ColumnDifference("gone", Difference.DROPPED, "text"),
        ColumnDifference("id", Difference.UNKEYED, "integer", "integer"),
        ColumnDifference("total", Difference.RETYPED, "integer", "numeric(10,2)"),
        ColumnDifference("code", Difference.KEYED, "text", "text"),
        ColumnDifference("new", Difference.ADDED, now="date"),
    ]


def test_the_same_columns_do_not_differ() -> None:
    assert column_differences([column("id")], [column("id")]) == []
