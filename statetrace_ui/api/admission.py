"""Who may send files, which the gate asks before it reads them."""

import re
from collections.abc import Mapping

from django.db import DatabaseError, close_old_connections

ROOT = "/v0/"
FILES = re.compile(r"/v0/(userflows|perftests)/[0-9a-f-]{36}/sessions")


def takes_files(method: str, path: str) -> bool:
    return method == "POST" and FILES.fullmatch(path) is not None


def may_send_files(headers: Mapping[str, str]) -> bool:
    """Whoever may not is still answered, but for a long request: that it is too long."""
    # The gate is made before Django is ready for models.
    from statetrace_ui.api import tokens
    from statetrace_ui.api.scopes import Scope, permits

    try:
        token = tokens.good(headers.get("authorization", ""))
        return token is not None and Scope.INGEST in token.scopes and permits(token.membership, Scope.INGEST)
    except DatabaseError:
        return False
    finally:
        close_old_connections()  # this thread's connection goes back to the pool, as after a request
