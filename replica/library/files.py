"""The rows of a statement as a download: CSV with what it is beside it."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.http import StreamingHttpResponse

from replica.library.limits import FILE
from replica.library.runner import Result
from statetrace_ui.history.downloads.delivery import Download, deliver
from statetrace_ui.history.downloads.formats import Lines
from statetrace_ui.web.requests import Request

ROWS_AT_A_TIME = 1_000


def delivered(request: Request, result: Result, of: str, told: Mapping[str, str]) -> StreamingHttpResponse:
    """`told` stands in the file beside the data and in the security log. Raises UserError if too many are under way."""
    limit = {"rows": f"the first {len(result.rows):,}; there are more"} if result.more else {}
    cut = {"cut values": f"{result.cut:,}"} if result.cut else {}
    lines = Lines({}, [column.name for column in result.columns], _no_line, lambda row: [list(row)])
    download = Download("rows", of, _pieces(result), [], {**told, **limit, **cut}, lines=lambda _: lines)
    return deliver(request, download, "csv")


def _pieces(result: Result) -> Iterator[list[Any]]:
    for first in range(0, min(len(result.rows), FILE.rows), ROWS_AT_A_TIME):
        yield result.rows[first : first + ROWS_AT_A_TIME]


def _no_line(row: Any) -> dict[str, Any]:
    raise NotImplementedError("rows of SQL are delivered as CSV alone")
