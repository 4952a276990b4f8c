"""How a change says that its values were erased: in `Change.cut`, beside the marks of values that were cut. Pure.

{"erased": id of the erasure}: all its values. With "columns": [names]: the values of these columns alone.
"""

from collections.abc import Mapping
from typing import Any


def erasure_of(cut: Mapping[str, Any] | None) -> int | None:
    """The id of the erasure that took values of the change, some or all; the last of several."""
    return (cut or {}).get("erased")


def is_erased(cut: Mapping[str, Any] | None) -> bool:
    """Whether all values of the change were erased."""
    return erasure_of(cut) is not None and "columns" not in (cut or {})


def erased_columns(cut: Mapping[str, Any] | None) -> frozenset[str]:
    return frozenset((cut or {}).get("columns", ()))
