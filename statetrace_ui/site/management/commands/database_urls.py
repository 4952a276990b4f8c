import json
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from replica.databases.models import Replica
from statetrace_ui.accounts.security_log import Event, record

PASSWORDS = ("password", "sslpassword")


class Command(BaseCommand):
    help = "Print the connection URLs as JSON, for psql and other tools. Passwords are masked unless --reveal is given."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reveal", action="store_true", help="print passwords too")

    def handle(self, *_: Any, reveal: bool, **__: Any) -> None:
        shown = str if reveal else mask_password
        replicas = Replica.objects.exclude(reader_url="").select_related("organisation").order_by("organisation_id")
        urls = {
            "default": shown(settings.DATABASE_URL),
            "store": shown(settings.STORE_URL),
            "replicas": {replica.organisation.slug: shown(replica.reader_url) for replica in replicas},
            "demo": shown(settings.DEMO_DATABASE_URL) if settings.DEMO_DATABASE_URL else None,
        }
        if reveal:
            record(Event.CREDENTIALS_REVEALED, "URLs of the site's databases")
            for replica in replicas:
                record(Event.CREDENTIALS_REVEALED, f"URL of {replica.database}", organisation=replica.organisation)
        self.stdout.write(json.dumps(urls, indent=2))


def mask_password(url: str) -> str:
    """The URL with *** in place of its passwords, also of those in its query. Of a conninfo string, *** alone."""
    parts = urlsplit(url)
    if not parts.scheme:
        return "***"
    address, questioned, query = url.partition("?")
    if parts.password is not None:
        address = address.replace(f":{parts.password}@", ":***@")
    options = [
        (name, "***" if name in PASSWORDS else value) for name, value in parse_qsl(query, keep_blank_values=True)
    ]
    return address + questioned + urlencode(options, safe="*/")
