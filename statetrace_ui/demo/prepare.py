"""Prepares the shop's database from another Django project."""

import os
import subprocess

from statetrace_ui.site.services import PYTHON, python_path


def prepare(database_url: str) -> None:
    """Migrate and stock the shop's database. Does nothing, quickly, if that was done before.

    It runs in a process of its own, because the shop has settings of its own. Raises RuntimeError with its errors.
    """
    environment = {
        **os.environ,
        **python_path(),
        "DJANGO_SETTINGS_MODULE": "statetrace_ui.demo.settings",
        "DEMO_DATABASE_URL": database_url,
    }
    done = subprocess.run(
        [*PYTHON, "django", "prepare_shop"], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"The demo shop's database could not be made ready:\n{done.stderr.strip()}")
