"""The names of types as people write them: those of the schema `public` without it."""

import re
from collections.abc import Iterable

from statetrace_ui.wal.connection import Connection

# format_type() names every schema but the one of the search path, and quotes whatever is more than a plain word: only
# a type of `public` begins like this. The name is followed by a modifier or brackets: public."my type"(4326)[].
_OF_PUBLIC = re.compile(r'public\.("(?:[^"]|"")*"|[^"(\[]+)')
BUILT_IN = "SELECT typname::text FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace AND typname = ANY (%s)"


def short_names(connection: Connection, names: Iterable[str]) -> dict[str, str]:
    """For each name that format_type() returned, the name without `public.`; whole, if PostgreSQL has such a type."""
    bare = {name: _bare(match[1]) for name in set(names) if (match := _OF_PUBLIC.match(name))}
    built_in = {name for (name,) in connection.execute(BUILT_IN, [list(bare.values())])} if bare else set()
    short = {name: name.removeprefix("public.") for name, typed in bare.items() if typed not in built_in}
    return {name: short.get(name, name) for name in names}


def _bare(identifier: str) -> str:
    """An identifier without its quotes."""
    return identifier[1:-1].replace('""', '"') if identifier.startswith('"') else identifier
