import json
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from replica.databases.models import Replica


class Command(BaseCommand):
    help = "Print the connection URLs as JSON, for psql and other tools. Passwords are masked unless --reveal is given."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reveal", action="store_true", help="print passwords too")

    def handle(self, *_: Any, reveal: bool, **__: Any) -> None:
        shown = str if reveal else mask_password
        replicas = Replica.objects.exclude(reader_url="").select_related("organisation")
        urls = {
            "default": shown(settings.DATABASE_URL),
            "store": shown(settings.STORE_URL),
            "replicas": {replica.organisation.slug: shown(replica.reader_url) for replica in replicas},
            "demo": shown(settings.DEMO_DATABASE_URL) if settings.DEMO_DATABASE_URL else None,
        }
        self.stdout.write(json.dumps(urls, indent=2))


def mask_password(url: str) -> str:
    """The URL with *** in place of its password. Of a conninfo string that is not a URL, *** alone."""
    parts = urlsplit(url)
    if not parts.scheme:
        return "***"
    if parts.password is None:
        return url
    return parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":***@")).geturl()
