"""The code that docs/annotating.md prints."""

import re
from pathlib import Path

GUIDE = (Path(__file__).parent.parent / "docs/annotating.md").read_text()
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(heading: str, language: str) -> list[str]:
    """The code below a heading of the guide, up to the next one."""
    _, found, rest = GUIDE.partition(f"\n{heading}\n")
    assert found, f"The guide has no {heading}."
    section = re.split(r"^##", rest, maxsplit=1, flags=re.MULTILINE)[0]
    return [code for written, code in BLOCK.findall(section) if written == language]
