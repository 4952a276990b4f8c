"""Compares what was exported of a user flow with what it was exported from, row by row."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from replica.exports import verification
from replica.exports.models import UserFlowExport
from replica.exports.outcomes import RunOutcome


class Command(BaseCommand):
    help = (
        "Compare each session's rows in source and copy, table by table, by counts and by hashes that the databases"
        " compute. Status 1 if something differs or could not be compared. Nothing is written but the result."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("flow", help="name or id of the user flow")
        parser.add_argument("--organisation", metavar="SLUG", help="needed where several have a flow of that name")

    def handle(self, *_args: Any, flow: str, organisation: str | None, **_options: Any) -> None:
        results = [self._verify(export) for export in _exports(flow, organisation)]
        if not all(results):
            raise CommandError("Not everything is equal.", returncode=1)

    def _verify(self, export: UserFlowExport) -> bool:
        """Compare one copy; whether it is equal."""
        run = export.verifications.create(by_content=True, outcome=RunOutcome.RUNNING)
        verification.perform(run, self._report)
        if run.error:
            self.stdout.write(f"{export}: {run.error}")
            return False
        waiting = f", {run.waiting:,} of another version" if run.waiting else ""
        self.stdout.write(
            f"{export}: {run.sessions:,} sessions, {run.rows:,} rows: {run.verdict.label.lower()}{waiting}"
        )
        return not run.differing

    def _report(self, compared: verification.Compared) -> None:
        for finding in compared.findings:
            self.stdout.write(str(finding))


def _exports(flow: str, slug: str | None) -> list[UserFlowExport]:
    """The flow's exports to all places. Raises CommandError if it is none, or more than one flow."""
    exports = UserFlowExport.every.select_related("organisation", "target", "mirror")
    if slug:
        exports = exports.filter(organisation__slug=slug)
    found = list(exports.filter(user_flow_id=flow) or exports.filter(name=flow))
    if not found:
        raise CommandError(f"No user flow is called {flow}.")
    if len({export.user_flow_id for export in found}) > 1:
        raise CommandError(f"Several organisations have a user flow called {flow}: choose one by --organisation.")
    return found
