"""`manage.py verify_history SOURCE [TABLE…]`: whether history is what the source's tables hold."""

import getpass
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
from django.core.management.base import BaseCommand, CommandParser

from statetrace_ui.capture.management.commands.column_rules import find_source
from statetrace_ui.capture.verification import runs
from statetrace_ui.capture.verification.models import RowDifference, Verification
from statetrace_ui.capture.verification.verifier import TableResult
from statetrace_ui.history.chain.heads import read_heads
from statetrace_ui.history.chain.report import ChainReport
from statetrace_ui.history.table_names import qualified_name, split_name
from statetrace_ui.wal.connection import SourceError
from statetrace_ui.wal.lsn import format_lsn
from statetrace_ui.web.errors import UserError

CLEAN, COULD_NOT, DIFFERENT = 0, 1, 3
# Of each table; the source's page lists more.
MOST_LINES = 20


class Command(BaseCommand):
    help = (
        "Compares history with the live rows of a source's tables, at one position of the log. Exit status: 0 no"
        " difference, 3 differences, 1 it could not be verified, or not all of it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="the source's name")
        parser.add_argument("tables", nargs="*", metavar="TABLE", help="schema.table, or a table in public; else all")
        parser.add_argument("--organisation", default="", help="slug; needed where there are several organisations")
        parser.add_argument("--mend", action="store_true", help="correct the rows of history that differ")
        parser.add_argument("--chain", action="store_true", help="walk the chain of what is stored, too")
        parser.add_argument(
            "--from-head", metavar="FILE", default="", help="heads that chain_heads wrote; implies --chain"
        )
        parser.add_argument("--format", choices=["text", "json"], default="text", help="json: one document at the end")

    def handle(self, *_: Any, source: str, tables: list[str], organisation: str, **options: Any) -> None:
        as_json = options["format"] == "json"
        try:
            found = find_source(source, organisation)
            names = [_name(table) for table in tables]
            heads = read_heads(_text(options["from_head"]), found.pk) if options["from_head"] else None
            with runs.sole(found):
                run = runs.start(found, names, options["mend"], options["chain"] or bool(heads), getpass.getuser())
                status = self._verify(run, as_json, heads)
        except (UserError, SourceError) as error:
            self._fail(error.sentence if isinstance(error, UserError) else str(error), source, as_json)
            status = COULD_NOT
        if status:
            sys.exit(status)

    def _verify(self, run: Verification, as_json: bool, heads: dict[int, str] | None) -> int:
        told: list[dict[str, Any]] = []
        chain: ChainReport | None = None
        for result in runs.perform(run, self._progress(as_json), heads):
            if isinstance(result, ChainReport):
                chain = result
            elif as_json:
                told.append(table_json(result))
            else:
                self._tell(result)
        if as_json:
            document = run_json(run, told) | ({"chain": chain.as_json()} if chain else {})
            self.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode())
        else:
            self._sum_up(run)
        return status_of(run)

    def _progress(self, as_json: bool) -> Callable[[str], None]:
        """Lines of progress go beside the document."""
        return self.stderr.write if as_json else self.stdout.write

    def _tell(self, result: TableResult) -> None:
        name = qualified_name(*result.table)
        if result.reason:
            self.stdout.write(self.style.WARNING(f"{name}: not compared. {result.reason} {result.detail}".rstrip()))
            return
        if not result.found:
            self.stdout.write(f"{name}: {result.rows:,} rows at {format_lsn(result.lsn)}, no difference")
            return
        more = "or more " if result.more else ""
        self.stdout.write(self.style.ERROR(f"{name}: {result.found:,} {more}of {result.rows:,} rows differ"))
        for one in result.differences[:MOST_LINES]:
            columns = f": {', '.join(one.columns)}" if one.columns else ""
            times = f", {one.times} times" if one.times > 1 else ""
            label = RowDifference.Kind(one.kind).label
            unnamed = "a row whose key was erased" if one.kind == "erased" else "a row without a key"
            self.stdout.write(f"  {one.key or unnamed}: {label.lower()}{columns}{times}")
        if result.found > MOST_LINES:
            self.stdout.write("  The source's page lists more.")

    def _sum_up(self, run: Verification) -> None:
        words = f"{run.rows:,} rows of {run.tables_done:,} tables were compared"
        if run.chain_words:
            self.stdout.write((self.style.ERROR if run.chain_findings else self.style.SUCCESS)(run.chain_words))
        if run.mended:
            self.stdout.write(f"{run.mended:,} rows of history were mended. Verify again to see that they agree.")
        if run.outcome == Verification.Outcome.CLEAN:
            self.stdout.write(self.style.SUCCESS(f"{words}: no difference."))
        elif run.outcome == Verification.Outcome.INCOMPLETE:
            self.stdout.write(self.style.WARNING(f"{words}, {run.not_compared:,} tables were not."))
        elif run.differences:
            self.stdout.write(self.style.ERROR(f"{words}: {run.differences:,}{'+' if run.more else ''} rows differ."))

    def _fail(self, sentence: str, source: str, as_json: bool) -> None:
        if as_json:
            self.stdout.write(orjson.dumps({"source": source, "outcome": "failed", "error": sentence}).decode())
        else:
            self.stderr.write(sentence)


def status_of(run: Verification) -> int:
    """The command's exit status. Differences that were mended were differences."""
    if run.outcome == Verification.Outcome.CLEAN:
        return CLEAN
    return DIFFERENT if run.outcome == Verification.Outcome.DIFFERENT else COULD_NOT


def run_json(run: Verification, tables: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "source": run.source.name,
        "outcome": run.outcome,
        "rows": run.rows,
        "differences": run.differences,
        "more": run.more,
        "mended": run.mended,
        "not_compared": run.not_compared,
        "tables": tables,
    }


def table_json(result: TableResult) -> dict[str, Any]:
    return {
        "table": qualified_name(*result.table),
        "position": format_lsn(result.lsn),
        "rows": result.rows,
        "differences": [
            {"kind": one.kind, "key": one.key, "columns": list(one.columns), "times": one.times}
            for one in result.differences
        ],
        "found": result.found,
        "more": result.more,
        "mended": result.mended,
        "erased": result.erased,
        "not_comparable": result.unknown,
        "not_compared": f"{result.reason} {result.detail}".strip(),
    }


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except (OSError, ValueError) as error:
        raise UserError(f"The file {path} cannot be read.", f"({type(error).__name__})") from None


def _name(table: str) -> tuple[str, str]:
    name = split_name(table)
    if name is None:
        raise UserError(f"{table} is no name of a table.", "Write it as schema.table.")
    return name
