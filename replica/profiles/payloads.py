"""What the flame graph's addresses answer as JSON: tables by column, which are shorter than lists of objects. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from replica.profiles.blocks import Method
from replica.profiles.call_tree import Node, Tree
from statetrace_ui.web.timeline import colour_of


@dataclass(frozen=True, slots=True)
class MethodTable:
    """Methods by number: `names`, and in `package` positions in `packages`; `colours` are the packages'."""

    names: list[str]
    packages: list[str]
    package: list[int]
    colours: list[int]


@dataclass(frozen=True, slots=True)
class TreeColumns:
    """A merged tree: in `nodes`, a list for each field of Node, parents before children."""

    total: int
    calls: int
    nodes: dict[str, list[int]]


def method_table(methods: Sequence[Method]) -> MethodTable:
    packages = sorted({method.package for method in methods})
    number = {package: place for place, package in enumerate(packages)}
    return MethodTable(
        names=[method.name for method in methods],
        packages=packages,
        package=[number[method.package] for method in methods],
        colours=[colour_of(package) for package in packages],
    )


def tree_columns(tree: Tree) -> TreeColumns:
    nodes = {field.name: [getattr(node, field.name) for node in tree.nodes] for field in fields(Node)}
    return TreeColumns(tree.total, tree.calls, nodes)
