"""Puts the statements of an undo into one transaction that says which of them touched nothing. Pure."""

from collections.abc import Iterable, Sequence

from statetrace_ui.history.sql_literals import comment
from statetrace_ui.history.undo.writer import Undo

UNKNOWN = (
    "Triggers run again. What a trigger, rule or cascade did beside a change, the log has as a change of its own.",
    "The order is the log's, backwards. It fits foreign keys that can be deferred, others unless a cascade deleted.",
    "Sequences stay where they are. Columns that are not captured keep what they have.",
)
REPORT = "pg_temp.statetrace_undo"
HEAD = """BEGIN;
SET CONSTRAINTS ALL DEFERRED;
CREATE TEMPORARY TABLE statetrace_undo (step int, change bigint, touched bigint) ON COMMIT DROP;
"""
FOOT = f"""-- What became of each step. A row that has changed since is left as it is.
SELECT step, change, touched, CASE touched WHEN 1 THEN 'undone' WHEN 0 THEN 'NOT undone: the row has changed since'
       ELSE 'MORE THAN ONE ROW: do not commit' END AS outcome
  FROM {REPORT} ORDER BY step;

-- A rehearsal ends here. Write COMMIT in place of ROLLBACK if the outcome of every step is what you want.
ROLLBACK;
"""  # noqa: S608 - no text of others


def script(title: str, undos: Sequence[Undo], notes: Iterable[str] = ()) -> str:
    """The SQL for review. undos: in the order in which they are to be done. notes: sentences for its head."""
    steps, parts = 0, []
    for one in undos:
        if one.sql:
            steps += 1
            parts.append(_step(steps, one))
        else:
            parts.append(f"{comment(f'CANNOT BE UNDONE: change {one.step.id} ({one.step.what}): {one.why}.')}\n")
    head = [title, "Written for review. Nothing was executed.", *notes, *UNKNOWN]
    if not steps:
        return "\n".join([*map(comment, head), "", *parts])
    return "\n".join([*map(comment, head), "", HEAD, *parts, FOOT])


def _step(number: int, one: Undo) -> str:
    lines = [comment(f"{number}. Undoes change {one.step.id}: {one.step.what}")]
    lines += [comment(f"NOT COMPARED: {clause}.") for clause in one.uncompared]
    body = one.sql.replace("\n", "\n  ")
    report = f"INSERT INTO {REPORT} SELECT {number}, {one.step.id}, count(*) FROM undone;"  # noqa: S608 - numbers
    return "\n".join([*lines, f"WITH undone AS (\n  {body}\n  RETURNING 1\n)", report, ""])
