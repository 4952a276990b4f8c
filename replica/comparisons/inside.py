"""All that two groups have inside one label, or in their whole sessions, paired: also what did not change."""

from replica.compare.facts import ExchangeFact, SeriesFact
from replica.compare.pairing import (
    Groups,
    flow_subject,
    label_subjects,
    request_subjects,
    row_subjects,
    series_subjects,
    windows_of,
)
from replica.compare.ranking import ranked
from replica.compare.subjects import Entry
from replica.compare.tree import entries_of
from replica.comparisons.written import rows_written
from replica.queries import compared
from statetrace_ui.web.errors import UserError
from statetrace_ui.web.models import Organisation

Families = dict[str, tuple[Entry, ...]]


def around_of(alias: str, groups: Groups, key: str) -> Entry:
    """The label that is called so, of both groups; the whole flow where none is asked for."""
    [flow] = entries_of([flow_subject(groups)], parent_moved=True)
    if not key:
        return flow
    labels = entries_of(label_subjects(groups, compared.compared_labels(alias, groups.session_ids)), flow.is_clear)
    found = next((one for one in labels if one.subject.key == key), None)
    if found is None:
        raise UserError("None of these sessions has such a label.", "Look for it in the comparison.", status=404)
    return found


def paired_inside(organisation: Organisation, alias: str, groups: Groups, around: Entry) -> Families:
    """Requests, series and rows of it, by their kinds in words; the surest and largest changes first."""
    windows = windows_of(around.subject, 0)
    exchanges: list[ExchangeFact] = compared.compared_exchanges(alias, windows) if windows else []
    series: list[SeriesFact] | None = compared.compared_series(alias, windows) if windows else []
    if series is None:
        raise UserError("These sessions hold too many points of series to compare.", "Choose fewer sessions.")
    written = rows_written(organisation, alias, groups.session_ids, windows)
    families = {
        "Requests": request_subjects(groups, exchanges),
        "Time series": series_subjects(groups, series),
        "Rows written": row_subjects(groups, [one for one in written.rows if one.label == 0], written.sessions),
    }
    return {name: ranked(entries_of(family, around.is_clear)) for name, family in families.items() if family}
