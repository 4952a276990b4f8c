import pytest
from hypothesis import given
from hypothesis import strategies as st

from statetrace_ui.history.table_names import qualified_name, split_name

identifiers = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=63)


@given(schema=identifiers, table=identifiers)
def test_every_two_names_have_one_qualified_name(schema: str, table: str) -> None:
    assert split_name(qualified_name(schema, table)) == (schema, table)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("orders", ("public", "orders")),
        ("  sales.Orders ", ("sales", "Orders")),
        ("sales.orders.old", ("sales", "orders.old")),
        ('"my.schema".orders', ("my.schema", "orders")),
        ('"say ""hi""".t', ('say "hi"', "t")),
        ("tab\tle", ("public", "tab\tle")),
        ("", None),
        (".", None),
        ("sales.", None),
        (".orders", None),
        ('"sales"x.orders', None),
        ('"open', None),
        ("nul\0", None),
    ],
)
def test_what_people_type_is_understood_or_refused(typed: str, expected: tuple[str, str] | None) -> None:
    assert split_name(typed) == expected


def test_common_names_are_not_quoted() -> None:
    assert qualified_name("public", "shop_order") == "public.shop_order"
