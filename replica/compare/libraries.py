"""The libraries of statistics take seconds to load, so whoever needs them loads them then; a web server ahead."""

from importlib import import_module


def load() -> None:
    """Load what `statistics` and `steps` need."""
    for name in ("scipy.stats", "ruptures"):
        import_module(name)
