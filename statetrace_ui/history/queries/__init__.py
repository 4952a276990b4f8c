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
    get_value_for,
)
from statetrace_ui.history.queries.actions import MOST_BESIDE, children_of, company_of, parent_of
from statetrace_ui.history.queries.annotations import (
    actions_without_session,
    migrations,
    other_annotation_tables,
    unread_annotations,
)
from statetrace_ui.history.queries.asked import LIVE_LIMIT, NAMES_ANSWERED, changes, new_changes
from statetrace_ui.history.queries.change_lists import (
    action_changes,
    listed_changes,
)
from statetrace_ui.history.queries.earlier_rows import earlier_rows
from statetrace_ui.history.queries.gap_rows import newer_by_id, newer_by_time, with_gaps
from statetrace_ui.history.queries.gaps import MOST_GAPS, gaps_between, gaps_of, gaps_of_entries, open_gaps
from statetrace_ui.history.queries.record import record_changes
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
    is_key_of,
    recent_sessions,
    session_actions,
    session_by_key,
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
    chosen_sources,
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
from statetrace_ui.history.queries.suggestions import names_like, values_like

__all__ = [
    "LIVE_LIMIT",
    "MOST_BESIDE",
    "MOST_GAPS",
    "NAMES_ANSWERED",
    "NAMES_OF_SESSIONS",
    "ActionRun",
    "ChangeRun",
    "ShapeVersion",
    "SourceReport",
    "action_changes",
    "action_runs",
    "actions_between",
    "actions_without_session",
    "arriving",
    "change_runs",
    "changes",
    "children_of",
    "chosen_sources",
    "company_of",
    "earlier_rows",
    "end_of_stored",
    "erasures",
    "erasures_of",
    "first_action",
    "gaps_between",
    "gaps_of",
    "gaps_of_entries",
    "get_action_for",
    "get_change_for",
    "get_erasure_for",
    "get_question_for",
    "get_session_for",
    "get_source_for",
    "get_source_of_change_for",
    "get_value_for",
    "has_commit",
    "is_full",
    "is_key_of",
    "is_silent",
    "last_commit",
    "listed_changes",
    "migrations",
    "names_like",
    "new_changes",
    "newer_by_id",
    "newer_by_time",
    "open_gaps",
    "other_annotation_tables",
    "parent_of",
    "questions_of",
    "recent_sessions",
    "record_changes",
    "relations",
    "retention_rules",
    "retention_runs",
    "run_of_checkpoint",
    "selected_sources",
    "session_actions",
    "session_by_key",
    "sessions",
    "source_named",
    "source_report",
    "sources_of",
    "table_marks",
    "table_names",
    "table_shapes",
    "unread_annotations",
    "values_like",
    "with_gaps",
]
