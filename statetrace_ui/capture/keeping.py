"""Keeps one source captured: begins anew after each failure, and declares gaps."""

import logging
import threading
import time
from typing import NamedTuple

from django.db import connection as history_connection

from statetrace_ui.capture import recovery
from statetrace_ui.capture.figures import count_error
from statetrace_ui.capture.gaps import GapFound
from statetrace_ui.capture.processes import end_former
from statetrace_ui.capture.reporting import RUNNING, log_failure, record_failure
from statetrace_ui.capture.worker import capture
from statetrace_ui.history.models import Source
from statetrace_ui.history.refusals import EraEnded, RulesChanged, Superseded
from statetrace_ui.wal.connection import server_answers

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
# The server needs a moment to let go of the slot.
RULES_PAUSE_SECONDS = 0.5
# How often a server that does not answer is asked whether it does: it costs neither side anything.
PROBE_SECONDS = 2.0


class Hold(NamedTuple):
    """What a process holds of a source. fence: see `Source`; former: the key of the process that held it before."""

    source_id: int
    fence: int
    former: int | None = None


def keep_capturing(hold: Hold, stop: threading.Event) -> None:
    """Capture until `stop` is set, or until the source is stopped, removed or held by another process.

    After a failure, pause and try again.
    """
    source_id, pause = hold.source_id, FIRST_PAUSE_SECONDS
    while not stop.is_set():
        started, url = time.monotonic(), ""
        try:
            source = RUNNING.get(pk=source_id, fence=hold.fence)
            url = source.url
            end_former(source, hold.former)
            capture(source, stop)
        except (Source.DoesNotExist, Superseded):
            return
        except (RulesChanged, EraEnded) as change:
            logger.info("Source %d: %s Its stream is read again from the last stored change.", source_id, change)
            stop.wait(RULES_PAUSE_SECONDS)
            continue
        except GapFound as found:
            _report_failure(hold, found)
            if recovery.declare_gap(source_id, hold.fence, found):
                continue
        except Exception as error:
            _report_failure(hold, error)
        finally:
            history_connection.close()
        lasted = time.monotonic() - started > LONGEST_PAUSE_SECONDS
        pause = FIRST_PAUSE_SECONDS if lasted else min(pause * 2, LONGEST_PAUSE_SECONDS)
        _pause(pause, url, stop)


def _pause(seconds: float, url: str, stop: threading.Event) -> None:
    """Wait until `stop` is set or the time is over; also until the server answers, if it does not do so now."""
    end = time.monotonic() + seconds
    if not url or server_answers(url):
        stop.wait(seconds)
        return
    while time.monotonic() < end and not stop.wait(PROBE_SECONDS):
        if server_answers(url):
            return


def _report_failure(hold: Hold, error: Exception) -> None:
    log_failure(hold.source_id, error)
    try:
        record_failure(RUNNING.filter(pk=hold.source_id, fence=hold.fence), error)
        count_error(hold.source_id)
    except Exception:
        logger.exception("The failure of source %d cannot be recorded.", hold.source_id)
