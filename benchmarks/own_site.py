"""A dashboard of a benchmark's own: an embedded server in a temporary folder, and Django set up on it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_site(folder: str | None = None, log_level: str = "ERROR") -> Iterator[None]:
    """folder: in which the temporary one is made. What is in it is gone at the end."""
    with tempfile.TemporaryDirectory(prefix="statetrace-benchmark-", dir=folder, ignore_cleanup_errors=True) as home:
        Path(home).chmod(0o755)  # the server runs as a user of its own
        os.environ.update(STATETRACE_HOME=home, DJANGO_SETTINGS_MODULE="statetrace_ui.settings", LOG_LEVEL=log_level)
        import django

        django.setup()
        yield
