"""Waits until all is stored that had begun at the source before an erasure was confirmed: that is to be erased, too.

Only capture knows what of it is still on its way: in the log of the source, in memory, in a file of a transaction.
"""

import time

from django.db import IntegrityError, transaction
from django.db.models import F
from django.dispatch import Signal

from statetrace_ui.history.models import Erasure, Source

# The position of an idle source moves on every ten seconds.
PATIENCE_SECONDS = 20.0
LOOK_SECONDS = 0.5
OTHER_AT_WORK = "Another erasure of this source is at work."
State = Erasure.State
# Each receiver answers in a sentence what of the time before the confirmation is not stored yet; '' if all is.
unstored = Signal()


def look(erasure: Erasure) -> bool:
    """Whether everything is stored that has to be; else the erasure says what it waits for."""
    sentences = [sentence for _, sentence in unstored.send(Erasure, erasure=erasure) if sentence]
    erasure.waits_for = " ".join(sentences)
    erasure.save(update_fields=["waits_for"])
    return not sentences


def is_over(erasure: Erasure) -> bool:
    """Look for some seconds. True once the erasure goes on, with a last pass; a later job looks again."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not look(erasure):
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_SECONDS)
    return _goes_on(erasure)


def _goes_on(erasure: Erasure) -> bool:
    try:
        with transaction.atomic():
            erasure.state = State.ERASING
            erasure.save(update_fields=["state"])
            refuse_former_readings(erasure.source_id)
        return True
    except IntegrityError:
        erasure.state, erasure.waits_for = State.WAITING, OTHER_AT_WORK
        erasure.save(update_fields=["waits_for"])
        return False


def refuse_former_readings(source_id: int) -> None:
    """What was read of tables so far may hold what is erased, or was compared with it: it is not stored any more."""
    Source.objects.filter(pk=source_id).update(erasures_revision=F("erasures_revision") + 1)
