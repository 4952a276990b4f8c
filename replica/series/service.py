"""Finds a session's series: their version, the folder of their blocks, and the blocks themselves."""

from functools import partial

from django.db import connections

from replica.blocks.places import Place, version_of
from replica.schema.named_queries import query_text
from replica.series.blocks import FORMAT, SeriesBlocks, open_series
from replica.series.reader import read_series


def series_of(alias: str, url: str, session_id: str) -> SeriesBlocks:
    """The session's series in the replica at `url`, which `alias` names; built if they are not on disk yet.

    Raises adbc_driver_manager.OperationalError if it cannot be read.
    """
    version = _version(alias, session_id)
    if version is None:
        return {}
    place = Place(alias, session_id, version, "series")
    return place.opened(lambda folder: open_series(folder, partial(read_series, url, session_id)))


def _version(alias: str, session_id: str) -> str | None:
    """Changes when the series do; None if there are none."""
    with connections[alias].cursor() as cursor:
        cursor.execute(query_text("series_fingerprint"), {"session": session_id})
        row = cursor.fetchone()
    return version_of(FORMAT, *row) if row else None
