"""What a walk along a chain found. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from statetrace_ui.history.chain.judge import Finding

MOST_FINDINGS = 1_000  # kept; all are counted


@dataclass
class ChainReport:
    """What a walk found. older: rows stored before the chain began, of which it proves nothing.

    removed: {reason: links}, what was removed with a link's word. head: number and digest of the last link.
    """

    source: str
    links: int = 0
    rows: int = 0
    older: int = 0
    removed: dict[str, int] = field(default_factory=dict)
    head: tuple[int, str] = (0, "")
    seconds: float = 0.0
    finding_count: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not self.finding_count

    def add(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.finding_count += 1
            if len(self.findings) < MOST_FINDINGS:
                self.findings.append(finding)

    def include(self, part: "ChainReport") -> None:
        """What a part of the walk found, after all parts before it."""
        self.links, self.rows, self.older = self.links + part.links, self.rows + part.rows, self.older + part.older
        for reason, links in part.removed.items():
            self.removed[reason] = self.removed.get(reason, 0) + links
        self.head = part.head if part.links else self.head
        self.finding_count += part.finding_count
        self.findings += part.findings[: MOST_FINDINGS - len(self.findings)]

    def as_json(self) -> dict[str, Any]:
        number, digest = self.head
        return {
            "source": self.source,
            "clean": self.clean,
            "links": self.links,
            "rows": self.rows,
            "older": self.older,
            "removed": self.removed,
            "head": {"number": number, "digest": digest},
            "seconds": round(self.seconds, 3),
            "finding_count": self.finding_count,
            "findings": [
                {"sentence": f.sentence, "section": f.section, "link": f.link, "first": f.first, "last": f.last}
                for f in self.findings
            ],
        }
