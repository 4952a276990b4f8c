"""Installations of a test's own, run by commands as people run them."""

import os
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).parents[3]
OURS = ("DATABASE_URL", "STORE_URL", "SECRET_KEY", "STATETRACE_HOME", "DJANGO_SETTINGS_MODULE")


class Site:
    """An installation with an embedded server of its own."""

    def __init__(self, home: Path) -> None:
        kept = {name: value for name, value in os.environ.items() if name not in OURS}
        self.environment = {
            **kept,
            "TLS": "no",
            "STATETRACE_HOME": str(home),
            "DJANGO_SETTINGS_MODULE": "statetrace_ui.settings",
        }

    def start(self, *command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-u", "manage.py", *command],
            cwd=PROJECT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *command: str) -> tuple[int, str]:
        """Exit status and output of `manage.py …`."""
        process = self.start(*command)
        output, _ = process.communicate(timeout=120)
        return process.returncode, output
