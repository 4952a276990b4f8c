"""The stacks that a query asks for."""

from typing import Any

import numpy as np

from replica.profiles.blocks import Blocks, Thread
from replica.profiles.calls import Array
from replica.profiles.narrowing import without_methods, without_recursion
from replica.profiles.origins import foreign_methods
from replica.profiles.stacks import Stacks, select


def asked_stacks(blocks: Blocks, thread: Thread | None, query: dict[str, Any]) -> Stacks:
    """The calls of a thread or of all, of the query's range, without what it hides. query: of a `StacksQuery`."""
    stacks = select(blocks, thread, query["weight"], query["span"])
    stacks = without_methods(stacks, hidden_methods(blocks, query))
    return without_recursion(stacks) if query["collapse"] else stacks


def hidden_methods(blocks: Blocks, query: dict[str, Any]) -> Array:
    """A mask of the methods that a query takes out of the stacks."""
    hidden = np.isin(blocks.first_of_name, query["exclude"])
    if query["package"]:
        hidden |= np.array([method.package != query["package"] for method in blocks.methods], bool)
    if query["own"]:
        hidden |= np.array(foreign_methods(blocks.methods), bool)
    return hidden
