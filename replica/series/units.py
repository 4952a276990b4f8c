"""Units of a time series' axes."""

MS_PER_UNIT = {
    "ns": 1e-6,
    "nanoseconds": 1e-6,
    "us": 1e-3,
    "µs": 1e-3,
    "microseconds": 1e-3,
    "ms": 1.0,
    "milliseconds": 1.0,
    "s": 1e3,
    "sec": 1e3,
    "seconds": 1e3,
    "min": 6e4,
    "minutes": 6e4,
}


def ms_per_unit(x_units: str | None) -> float:
    """How many milliseconds one x unit is; milliseconds, which the Replica DB document calls typical, if not known."""
    return MS_PER_UNIT.get((x_units or "").strip().lower(), 1.0)
