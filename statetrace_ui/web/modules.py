"""Which JavaScript modules a module needs: what a page preloads, so that all of them travel at once."""

import re
from functools import lru_cache
from pathlib import Path
from posixpath import dirname, join, normpath

from django.conf import settings
from django.contrib.staticfiles import finders

# `import … from "./x.js"`, `export … from "./x.js"` and `import "./x.js"`, at the beginning of a statement.
IMPORT = re.compile(r"""^\s*(?:import|export)\b(?:[^"';]*\bfrom\b)?\s*["'](\.{1,2}/[^"']+)["']""", re.MULTILINE)


def needed(entry: str) -> tuple[str, ...]:
    """The static names of all modules that `entry` imports, directly or not; those nearest to it first.

    Raises FileNotFoundError for a module that does not exist.
    """
    return _needed(entry) if settings.DEBUG else _remembered(entry)


def _needed(entry: str) -> tuple[str, ...]:
    found = [entry]
    for name in found:
        found += [other for other in imports(name) if other not in found]
    return tuple(found[1:])


_remembered = lru_cache(maxsize=None)(_needed)


def imports(name: str) -> list[str]:
    """The static names that a module names itself, each once."""
    path = finders.find(name)
    if path is None:
        raise FileNotFoundError(f"There is no static file {name}.")
    named = IMPORT.findall(Path(path).read_text(encoding="utf-8"))
    return list(dict.fromkeys(normpath(join(dirname(name), other)) for other in named))
