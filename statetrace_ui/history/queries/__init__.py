"""All reads of history, by subject. Pages and capture read sessions, actions, transactions and changes only by these.

Two kinds of reads stand elsewhere: `store.py` and its writers read the rows that they are about to extend, and capture
and the admin site read and write the sources themselves. A query starts from an organisation, or from an object that
`access` returned.
"""

from statetrace_ui.history.queries.access import (
    get_action_for,
    get_change_for,
    get_session_for,
    get_source_for,
    get_source_of_change_for,
    get_transaction_for,
    get_value_for,
)
from statetrace_ui.history.queries.actions import MOST_BESIDE, children_of, company_of, parent_of
from statetrace_ui.history.queries.annotations import (
    actions_without_session,
    migrations,
    other_annotation_tables,
    unread_annotations,
)
from statetrace_ui.history.queries.change_lists import (
    LIVE_LIMIT,
    action_changes,
    change_places,
    changes,
    listed_changes,
    new_changes,
    transaction_places,
)
from statetrace_ui.history.queries.earlier_rows import earlier_rows
from statetrace_ui.history.queries.gap_rows import newer_by_id, newer_by_time, with_gaps
from statetrace_ui.history.queries.gaps import (
    MOST_GAPS,
    MOST_TOLD,
    gaps_between,
    gaps_of,
    gaps_of_entries,
    gaps_touching,
    open_gaps,
)
from statetrace_ui.history.queries.record import record_changes, record_places
from statetrace_ui.history.queries.removals import (
    erasures,
    erasures_of,
    get_erasure_for,
    retention_rules,
    retention_runs,
    run_of_checkpoint,
)
from statetrace_ui.history.queries.session_lists import (
    is_key_of,
    recent_sessions,
    session_actions,
    session_by_key,
    session_transactions,
    sessions,
)
from statetrace_ui.history.queries.session_runs import (
    ActionRun,
    ChangeRun,
    action_runs,
    actions_between,
    change_runs,
    first_action,
)
from statetrace_ui.history.queries.shapes import ShapeVersion, table_marks, table_shapes
from statetrace_ui.history.queries.sources import (
    SourceReport,
    arriving,
    end_of_stored,
    has_commit,
    is_silent,
    last_commit,
    relations,
    selected_sources,
    source_named,
    source_report,
    sources_of,
    table_names,
)

__all__ = [
    "LIVE_LIMIT",
    "MOST_BESIDE",
    "MOST_GAPS",
    "MOST_TOLD",
    "ActionRun",
    "ChangeRun",
    "ShapeVersion",
    "SourceReport",
    "action_changes",
    "action_runs",
    "actions_between",
    "actions_without_session",
    "arriving",
    "change_places",
    "change_runs",
    "changes",
    "children_of",
    "company_of",
    "earlier_rows",
    "end_of_stored",
    "erasures",
    "erasures_of",
    "first_action",
    "gaps_between",
    "gaps_of",
    "gaps_of_entries",
    "gaps_touching",
    "get_action_for",
    "get_change_for",
    "get_erasure_for",
    "get_session_for",
    "get_source_for",
    "get_source_of_change_for",
    "get_transaction_for",
    "get_value_for",
    "has_commit",
    "is_key_of",
    "is_silent",
    "last_commit",
    "listed_changes",
    "migrations",
    "new_changes",
    "newer_by_id",
    "newer_by_time",
    "open_gaps",
    "other_annotation_tables",
    "parent_of",
    "recent_sessions",
    "record_changes",
    "record_places",
    "relations",
    "retention_rules",
    "retention_runs",
    "run_of_checkpoint",
    "selected_sources",
    "session_actions",
    "session_by_key",
    "session_transactions",
    "sessions",
    "source_named",
    "source_report",
    "sources_of",
    "table_marks",
    "table_names",
    "table_shapes",
    "transaction_places",
    "unread_annotations",
    "with_gaps",
]
