"""Models of the room; those of disk are in `disk/models.py`."""

from statetrace_ui.operations.disk.models import DiskMeasure, DiskPart

__all__ = ["DiskMeasure", "DiskPart"]
