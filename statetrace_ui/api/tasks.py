"""The task that forgets what is too old; `manage.py procrastinate worker` finds it by this module's name."""

import datetime as dt

from django.utils import timezone
from procrastinate.contrib.django import app

from statetrace_ui.api.idempotency import KEPT_FOR
from statetrace_ui.api.models import KeptAnswer, Token

# An expired token stays on its page for so long, for whoever wonders why a program is refused.
EXPIRED_FOR = dt.timedelta(days=30)


@app.periodic(cron="37 * * * *")
@app.task(name="forget_old_answers", queueing_lock="forget_old_answers")
def forget(timestamp: int) -> None:  # noqa: ARG001 - procrastinate's signature
    """Once an hour."""
    now = timezone.now()
    KeptAnswer.objects.filter(at__lt=now - KEPT_FOR).delete()
    Token.objects.filter(expires_at__lt=now - EXPIRED_FOR).delete()
