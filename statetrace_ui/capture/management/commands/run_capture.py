"""`manage.py run_capture`: the capture worker."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from statetrace_ui.capture.fleet import Fleet


class Command(BaseCommand):
    help = "Captures the changes of all sources until it is stopped, including sources that are added meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--source", default="", help="capture only sources of this name")

    def handle(self, *_: Any, source: str, **__: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("Capture is running.")
        self.stdout.flush()
        Fleet(source).run(stop)
        self.stdout.write("Capture has stopped.")
