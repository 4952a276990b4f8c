"""Which columns a query loads. `defer` cannot be used where a query follows a key of two columns; `only` can."""

from collections.abc import Collection, Iterator
from typing import TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def joined(rows: QuerySet[M], *relations: str, without: Collection[str] = ()) -> QuerySet[M]:
    """The rows with the related objects, but for some fields, each named by its path."""
    paths = [f"{relation}__{name}" for relation in relations for name in _names(_related(rows.model, relation))]
    loaded = [name for name in (*_names(rows.model), *paths) if name not in without]
    return rows.select_related(*relations).only(*loaded)


def _related(model: type[Model], path: str) -> type[Model]:
    for name in path.split("__"):
        model = model._meta.get_field(name).related_model  # type: ignore[assignment]
    return model


def _names(model: type[Model]) -> Iterator[str]:
    return (field.name for field in model._meta.concrete_fields)
