"""The tasks that a worker runs; `manage.py procrastinate worker` finds them by this module's name."""

from django.conf import settings
from django.utils import timezone
from procrastinate.contrib.django import app

from statetrace_ui.history import partitions
from statetrace_ui.history.alerts.looking import look_for_all
from statetrace_ui.history.chain.heads import head_lines, mail_heads
from statetrace_ui.history.erasure import requests
from statetrace_ui.history.erasure import runs as erasures
from statetrace_ui.history.models import Erasure, RetentionRun, Source
from statetrace_ui.history.retention import runs as retention
from statetrace_ui.history.rollups.backfill import count_older
from statetrace_ui.history.rollups.weeding import weed
from statetrace_ui.history.search.building import build_missing
from statetrace_ui.web.locks import alone


@app.periodic(cron="* * * * *")
@app.task(name="seal_partitions", queueing_lock="seal_partitions")
def seal_partitions(timestamp: int) -> None:  # noqa: ARG001 - procrastinate's signature
    """Put partitions in order that ids have passed since the last time, and index for search what is new."""
    with alone(*partitions.ORDER) as mine:
        if mine:
            partitions.seal_full()
            build_missing()


@app.periodic(cron="41 4 * * *")
@app.task(name="mail_chain_heads", queueing_lock="mail_chain_heads")
def mail_chain_heads(timestamp: int) -> None:  # noqa: ARG001 - procrastinate's signature
    """Once a day, if somebody is to get them."""
    if settings.CHAIN_HEADS_MAIL:
        mail_heads(list(head_lines(Source.objects.select_related("organisation"))), settings.CHAIN_HEADS_MAIL)


@app.task(name=retention.TASK)
def apply_retention(run_id: int) -> None:
    """Perform the run, from where a killed worker left it."""
    run = RetentionRun.objects.select_related("source").filter(pk=run_id).first()
    if run and run.unfinished:
        retention.perform(run)


@app.task(name=requests.TASK)
def erase(erasure_id: int) -> None:
    """Count or erase, from where a killed worker left it."""
    erasure = Erasure.objects.select_related("source").filter(pk=erasure_id).first()
    if erasure and erasure.at_work:
        erasures.perform(erasure)


@app.periodic(cron="41 2 * * *")
@app.task(name="remove_old_history", queueing_lock="remove_old_history")
def remove_old_history(timestamp: int) -> None:  # noqa: ARG001 - procrastinate's signature
    """Once a day."""
    for source in Source.objects.filter(retention_rules__isnull=False).distinct():
        retention.request(source, "Retention")
    requests.forget_unconfirmed()


@app.periodic(cron="*/10 * * * *")
@app.task(name="resume_erasures", queueing_lock="resume_erasures")
def resume_erasures(timestamp: int) -> None:  # noqa: ARG001
    """What a killed worker left goes on, and what waits looks whether it still has to.

    Of an erasure that is at work a second job waits, and finds nothing to do.
    """
    states = Erasure.State
    for erasure in Erasure.objects.filter(state__in=[states.COUNTING, states.ERASING, states.WAITING]):
        requests.defer(erasure)


@app.periodic(cron="* * * * *")
@app.task(name="look_for_alerts", queueing_lock="look_for_alerts")
def look_for_alerts(timestamp: int) -> None:  # noqa: ARG001
    """Each minute, for as long as a minute allows."""
    look_for_all()


@app.periodic(cron="* * * * *")
@app.task(name="count_older_changes", queueing_lock="count_older_changes")
def count_older_changes(timestamp: int) -> None:  # noqa: ARG001
    """What was stored before changes were counted, for as long as a minute allows."""
    with alone("older changes", "") as mine:
        if mine:
            count_older()


@app.periodic(cron="11 3 * * *")
@app.task(name="weed_counts", queueing_lock="weed_counts")
def weed_counts(timestamp: int) -> None:  # noqa: ARG001
    """Once a day, counts of short spans that are long ago."""
    for source in Source.objects.order_by("pk"):
        weed(source.pk, timezone.now())
