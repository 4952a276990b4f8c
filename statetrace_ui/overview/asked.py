"""What a card of the first page is asked."""

from dataclasses import dataclass
from datetime import datetime

from statetrace_ui.web.models import Organisation

ROWS = 8  # of a card's table


@dataclass(frozen=True, slots=True)
class Asked:
    """An organisation and a time, from `start` until before `end`; `now` is the same for all cards of a page."""

    organisation: Organisation
    start: datetime
    end: datetime
    now: datetime
