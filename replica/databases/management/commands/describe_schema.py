"""`manage.py describe_schema`: the replica's tables and columns as a page of the documentation."""

from django.core.management.base import BaseCommand

from replica.schema.written import as_markdown


class Command(BaseCommand):
    help = "Write the replica's schema as Markdown: docs/replica-schema.md is made so."

    def handle(self, *_: object, **__: object) -> None:
        self.stdout.write(as_markdown(), ending="")
