"""`manage.py take_pictures`: take the documentation's pictures and its film anew, of a demo that is running."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from statetrace_ui import embedded
from statetrace_ui.demo.chromium import find_chromium
from statetrace_ui.demo.management.commands.demo import USER
from statetrace_ui.demo.management.commands.record_demo import FLAGS
from statetrace_ui.demo.recording import pictures


class Command(BaseCommand):
    help = "Take the documentation's pictures and its film anew, of a demo that is running."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--browser", default=find_chromium(), help="path of a Chromium, or of its headless shell")

    def handle(self, *_: Any, browser: str | None, **__: Any) -> None:
        try:
            from playwright.sync_api import sync_playwright
        except ImportError:
            raise CommandError("Pictures are taken by Playwright: install requirements/dev.txt.") from None
        site = f"http://{settings.WEB_HOST}:{settings.WEB_PORT}"
        password = embedded.kept_secret(settings.HOME / "demo-password")
        known = pictures.ids()

        def take() -> list[str]:
            with sync_playwright() as playwright:
                launched = playwright.chromium.launch(executable_path=browser, args=FLAGS)
                return list(pictures.take(launched, site, USER, password, known))

        with ThreadPoolExecutor(1) as threads:  # Playwright's loop would keep Django from its database
            for name in threads.submit(take).result():
                self.stdout.write(name)
