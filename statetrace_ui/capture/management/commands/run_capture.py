"""`manage.py run_capture`: the capture worker."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from statetrace_ui.capture.fleet import Fleet


class Command(BaseCommand):
    help = (
        "Captures the changes of all sources until it is stopped, including sources that are added meanwhile."
        " Several of these processes, on any machines, share the sources."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--source",
            action="append",
            default=[],
            metavar="NAME",
            help="capture only sources of this name; may be repeated. Other processes then leave them to this one",
        )

    def handle(self, *_: Any, source: list[str], **__: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        self.stdout.write("Capture is running.")
        self.stdout.flush()
        Fleet(source).run(stop)
        self.stdout.write("Capture has stopped.")
