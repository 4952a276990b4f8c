"""The history of audited databases: sources, and the sessions, actions, transactions and changes that capture stored.

`store.py` is the only writer of everything except sources. It writes rows in commit order, one call at a time, so ids
grow in the order in which changes become visible: newest-first lists are sorted by id, and live views poll by the
highest id.

Rows of a source are keyed by (source, id) in the database, and found by that key alone: every query and join says the
source. `ForeignObject` says it in the joins. For Django, `id` is the key.
"""

from statetrace_ui.history.models.alerts import Alert, AlertFinding
from statetrace_ui.history.models.chain import ChainKey, ChainLink, RowNote
from statetrace_ui.history.models.changes import Change
from statetrace_ui.history.models.gaps import Gap
from statetrace_ui.history.models.partitions import Partition
from statetrace_ui.history.models.questions import SavedQuestion
from statetrace_ui.history.models.removal import (
    ErasedKey,
    ErasedKeySecret,
    ErasedRecord,
    Erasure,
    KeptRow,
    RetentionRule,
    RetentionRun,
)
from statetrace_ui.history.models.rollups import ActorCount, ChangeCount, TableCount, UncountedActors, UncountedHistory
from statetrace_ui.history.models.sessions import ACTOR_ID, ACTOR_WORDS, KNOWN_AS, KNOWN_AS_SQL, Action, Session
from statetrace_ui.history.models.sources import Source, UnreadAnnotation
from statetrace_ui.history.models.tables import Relation, Table, TableDisplay
from statetrace_ui.history.models.transactions import Transaction

__all__ = [
    "ACTOR_ID",
    "ACTOR_WORDS",
    "KNOWN_AS",
    "KNOWN_AS_SQL",
    "Action",
    "ActorCount",
    "Alert",
    "AlertFinding",
    "ChainKey",
    "ChainLink",
    "Change",
    "ChangeCount",
    "ErasedKey",
    "ErasedKeySecret",
    "ErasedRecord",
    "Erasure",
    "Gap",
    "KeptRow",
    "Partition",
    "Relation",
    "RetentionRule",
    "RetentionRun",
    "RowNote",
    "SavedQuestion",
    "Session",
    "Source",
    "Table",
    "TableCount",
    "TableDisplay",
    "Transaction",
    "UncountedActors",
    "UncountedHistory",
    "UnreadAnnotation",
]
