from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from statetrace_ui.annotate.context import action, session
from statetrace_ui.demo.shop.models import StockLevel

LOW, FULL = 5, 40


class Command(BaseCommand):
    help = "Fill up low stock, as a nightly delivery would. The transaction is annotated as a job."

    def handle(self, *_: Any, **__: Any) -> None:
        with (
            session(actor_id="delivery", full_name="Nightly delivery"),
            action(url="cron:deliver", method="nightly"),
            transaction.atomic(),
        ):
            filled = StockLevel.objects.filter(on_hand__lte=LOW).update(on_hand=FULL)
        self.stdout.write(f"{filled} products filled up to {FULL}.")
