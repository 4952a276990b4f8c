"""A client of the API, for programs: `from statetrace_ui.client import Statetrace`. It needs httpx alone."""

from statetrace_ui.client.client import Refused, Statetrace
from statetrace_ui.client.shapes import Event, Flow, Measurement, Page, Run, Session, Tag

__all__ = ["Event", "Flow", "Measurement", "Page", "Refused", "Run", "Session", "Statetrace", "Tag"]
