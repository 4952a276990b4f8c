"""Notes in the security log who looks at what, for sources that ask for it."""

from statetrace_ui.accounts.security_log import record_look
from statetrace_ui.history.models import Source


def note_look(source: Source, thing: str) -> None:
    """thing: names and ids of what the page shows, such as `orders 7` or `session 2b1e`."""
    if source.records_looks:
        record_look(f"{source.name}: {thing}", source.organisation)
