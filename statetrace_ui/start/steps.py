"""The steps of a new organisation, in order, and which of them are taken."""

from dataclasses import dataclass

from statetrace_ui.start.facts import Facts


@dataclass(frozen=True, slots=True)
class Step:
    """slug: names the step's template, `start/step_….html`, and its parts of the page."""

    slug: str
    title: str
    done: bool
    is_next: bool = False

    @property
    def template(self) -> str:
        return f"start/step_{self.slug}.html"


def steps(facts: Facts) -> list[Step]:
    """All of them; the first that is not taken is the next."""
    taken = (
        ("connect", "Connect a database", facts.connected),
        ("annotate", "Say who is behind each change", facts.annotated is not None),
        ("import", "Bring a recorded session", facts.flow is not None),
        ("sync", "Sync it to your replica", facts.synced),
        ("invite", "Invite others", facts.members > 1),
    )
    following = next((slug for slug, _, done in taken if not done), "")
    return [Step(slug, title, done, slug == following) for slug, title, done in taken]
