import pytest

from replica.templatetags.replica import significant


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.5, "0.5"),
        (119.34812, "119.348"),
        (900.0, "900"),
        (1234567.8, "1,234,568"),
        (-30.7, "-30.7"),
        (3.2e-9, "3.2e-09"),
        (1e20, "1e+20"),
        (None, "–"),
    ],
)
def test_numbers_have_six_significant_digits(value: float | None, text: str) -> None:
    assert significant(value) == text
