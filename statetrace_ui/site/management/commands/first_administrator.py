from typing import Any

from django.core.management.base import BaseCommand, CommandError

from statetrace_ui.installation import command
from statetrace_ui.site.greeting import setup_sentences


class Command(BaseCommand):
    help = "Print a new link that makes the first administrator. Links printed before do not work any more."

    def handle(self, *_: Any, **__: Any) -> None:
        sentences = setup_sentences()
        if not sentences:
            other = command("createsuperuser")
            raise CommandError(f"There is an administrator already, who can add people. For another, use `{other}`.")
        for sentence in sentences:
            self.stdout.write(sentence)
