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
from statetrace_ui.history.queries.actions import MOST_BESIDE, children_of, company_of, more_than_first, parent_of
from statetrace_ui.history.queries.actors import actor_days, actor_of, actor_transactions, sessions_of_actor
from statetrace_ui.history.queries.annotations import (
    actions_without_session,
    migrations,
    newest_annotated,
    other_annotation_tables,
    unread_annotations,
)
from statetrace_ui.history.queries.builds import (
    MOST_BUILD_ACTIONS,
    Build,
    actions_of_sessions,
    build_actions,
    builds_of,
    transactions_of,
    updates_of,
)
from statetrace_ui.history.queries.change_lists import (
    listed_changes,
    transaction_places,
)
from statetrace_ui.history.queries.displays import display_of, displays_of
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
from statetrace_ui.history.queries.named import newest_requests, tables_named
from statetrace_ui.history.queries.record import former_keys, record_changes, record_places
from statetrace_ui.history.queries.removals import (
    erasures,
    erasures_of,
    get_erasure_for,
    retention_rules,
    retention_runs,
    run_of_checkpoint,
)
from statetrace_ui.history.queries.saved_questions import get_question_for, is_full, questions_of
from statetrace_ui.history.queries.session_lists import (
    NAMES_OF_SESSIONS,
    NEW_AT_A_TIME,
    is_key_of,
    new_actions,
    newest_action,
    recent_sessions,
    session_actions,
    session_by_key,
    session_transactions,
    sessions,
    sessions_by_key,
)
from statetrace_ui.history.queries.session_runs import (
    ActionRun,
    ChangeRun,
    action_runs,
    actions_between,
    change_runs,
    first_action,
)
from statetrace_ui.history.queries.shapes import ShapeVersion, newest_shape, table_marks, table_shapes
from statetrace_ui.history.queries.sources import (
    SourceReport,
    arriving,
    chosen_sources,
    end_of_stored,
    has_commit,
    is_silent,
    last_commit,
    relations,
    source_named,
    source_report,
    sources_of,
)
from statetrace_ui.history.queries.suggestions import names_like, values_like
from statetrace_ui.history.queries.transaction_lists import newest_transactions, parts_of
from statetrace_ui.history.queries.transactions import (
    action_changes,
    neighbours,
    only_changes,
    tables_by_id,
    transaction_changes,
)

__all__ = [
    "MOST_BESIDE",
    "MOST_BUILD_ACTIONS",
    "MOST_GAPS",
    "MOST_TOLD",
    "NAMES_OF_SESSIONS",
    "NEW_AT_A_TIME",
    "ActionRun",
    "Build",
    "ChangeRun",
    "ShapeVersion",
    "SourceReport",
    "action_changes",
    "action_runs",
    "actions_between",
    "actions_of_sessions",
    "actions_without_session",
    "actor_days",
    "actor_of",
    "actor_transactions",
    "arriving",
    "build_actions",
    "builds_of",
    "change_runs",
    "children_of",
    "chosen_sources",
    "company_of",
    "display_of",
    "displays_of",
    "earlier_rows",
    "end_of_stored",
    "erasures",
    "erasures_of",
    "first_action",
    "former_keys",
    "gaps_between",
    "gaps_of",
    "gaps_of_entries",
    "gaps_touching",
    "get_action_for",
    "get_change_for",
    "get_erasure_for",
    "get_question_for",
    "get_session_for",
    "get_source_for",
    "get_source_of_change_for",
    "get_transaction_for",
    "get_value_for",
    "has_commit",
    "is_full",
    "is_key_of",
    "is_silent",
    "last_commit",
    "listed_changes",
    "migrations",
    "more_than_first",
    "names_like",
    "neighbours",
    "new_actions",
    "newer_by_id",
    "newer_by_time",
    "newest_action",
    "newest_annotated",
    "newest_requests",
    "newest_shape",
    "newest_transactions",
    "only_changes",
    "open_gaps",
    "other_annotation_tables",
    "parent_of",
    "parts_of",
    "questions_of",
    "recent_sessions",
    "record_changes",
    "record_places",
    "relations",
    "retention_rules",
    "retention_runs",
    "run_of_checkpoint",
    "session_actions",
    "session_by_key",
    "session_transactions",
    "sessions",
    "sessions_by_key",
    "sessions_of_actor",
    "source_named",
    "source_report",
    "sources_of",
    "table_marks",
    "table_shapes",
    "tables_by_id",
    "tables_named",
    "transaction_changes",
    "transaction_places",
    "transactions_of",
    "unread_annotations",
    "updates_of",
    "values_like",
    "with_gaps",
]
