"""The replica's tables and columns, for the page beside which SQL is written."""

from dataclasses import dataclass
from functools import cache

from django.apps import apps
from django.db import connections


@dataclass(frozen=True, slots=True)
class ShownTable:
    """columns: (name as SQL has it, type)."""

    name: str
    columns: tuple[tuple[str, str], ...]


@cache
def tables() -> tuple[ShownTable, ...]:
    """All tables of the document, in order of their names."""
    models = apps.get_app_config("replica").get_models()
    shown = [ShownTable(model._meta.db_table, tuple(_columns(model))) for model in models]
    return tuple(sorted(shown, key=lambda table: table.name))


def _columns(model: type) -> list[tuple[str, str]]:
    quote = connections["default"].ops.quote_name
    fields = model._meta.concrete_fields  # type: ignore[attr-defined]
    named = [(str(field.column), str(field.db_type(connections["default"]))) for field in fields if field.column]
    return [(quote(name) if name in ("group", "return") else name, type_) for name, type_ in named]
