"""How often a comparison is right, on groups drawn from known distributions."""

import numpy as np
import pytest

from replica.compare.ranking import flattened
from tests.replica.compare.drawn import draw

DRAWS = 200


def test_a_planted_shift_of_a_tenth_of_one_step_is_clear() -> None:
    rng = np.random.default_rng(9)
    found = [draw(rng, 12, {"Step 3": 1.1}).entries for _ in range(DRAWS)]
    clear = [entries[0].is_clear and entries[0].subject.name == "Step 3" for entries in found]
    assert sum(clear) >= 0.9 * DRAWS


@pytest.mark.parametrize("a_side", [4, 6, 12])
def test_of_one_distribution_hardly_anything_is_clear(a_side: int) -> None:
    rng = np.random.default_rng(9)
    drawn = [draw(rng, a_side) for _ in range(DRAWS)]
    claims = [one.flow.is_clear or any(entry.is_clear for entry in flattened(one.entries)) for one in drawn]
    assert sum(claims) <= 18
