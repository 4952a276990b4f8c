"""The same zooms for both: parts of all sizes, anywhere."""

from typing import Any

import numpy as np

ZOOMS = 100


def zooms(x: Any) -> list[tuple[float, float]]:
    random = np.random.default_rng(3)
    whole = float(x[-1] - x[0])
    parts = []
    for _ in range(ZOOMS):
        width = whole * 10 ** random.uniform(-5, 0)
        begin = float(x[0]) + random.uniform(0, whole - width)
        parts.append((begin, begin + width))
    return parts
