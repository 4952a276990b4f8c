"""The result in words: "5.5 s slower: “Open the product” +2.8 s, of which 2.7 s wait for /products/*/goes-with; …"."""

from replica.compare.statistics import FEWEST
from replica.compare.subjects import Certainty, Comparison, Entry, Kind
from statetrace_ui.web.quantities import duration

NAMED = 4  # labels that the sentence names
WHOLE, PART = 0.75, 0.25  # of a label's shift: from here on all of it is in one thing, or a part of it


def sentence(comparison: Comparison) -> str:
    """What the comparison says for sure."""
    if comparison.too_few:
        return _too_few(comparison.flow)
    clear = [one for one in comparison.entries if one.is_clear and one.subject.kind == Kind.LABEL]
    named = [_label(entry) for entry in clear[:NAMED]]
    if len(clear) > NAMED:
        named.append(f"{len(clear) - NAMED} more")
    whole = _whole(comparison.flow)
    return f"{whole}: {'; '.join(named)}." if named else f"{whole}; no label changed clearly."


def _too_few(flow: Entry) -> str:
    counts = f"{len(flow.subject.base)} against {len(flow.subject.new)} sessions"
    return f"Too few to tell: {counts} with a duration; at least {FEWEST} a side are needed."


def _whole(flow: Entry) -> str:
    if flow.shift is None or flow.certainty == Certainty.CANNOT_TELL:
        return "No clear change as a whole"
    word = "slower" if flow.shift.value > 0 else "faster"
    return f"{'' if flow.is_clear else 'Likely '}{brief(flow.size)} {word}"


def _label(entry: Entry) -> str:
    text = f"“{entry.subject.name}” {signed(entry)}"
    cause = _cause(entry)
    return f"{text}{_explained(cause, entry)}" if cause else text


def _cause(entry: Entry) -> Entry | None:
    """What explains most of a label's shift."""
    alike = [one for one in entry.inside if one.is_clear and one.subject.unit == "ms" and _same_way(one, entry)]
    cause = max(alike, key=lambda one: one.size, default=None)
    return cause if cause and cause.size >= PART * entry.size else None


def _same_way(one: Entry, other: Entry) -> bool:
    return bool(one.shift and other.shift) and one.shift.value * other.shift.value > 0  # type: ignore[union-attr]


def _explained(cause: Entry, entry: Entry) -> str:
    name = cause.subject.name
    if cause.subject.kind == Kind.REQUEST:
        return f", of which {brief(cause.size)} wait for {name}"
    if cause.subject.kind == Kind.CALL and cause.size >= WHOLE * entry.size:
        return f" in {name}"
    quoted = f"“{name}”" if cause.subject.kind == Kind.LABEL else name
    return f", of which {brief(cause.size)} in {quoted}"


def signed(entry: Entry) -> str:
    """“+2.8 s”, or “gone”."""
    if entry.shift is None:
        return "in one of the groups alone"
    return f"{'+' if entry.shift.value > 0 else '−'}{brief(entry.size)}{_presence(entry)}"


def _presence(entry: Entry) -> str:
    return f" ({entry.presence})" if entry.presence else ""


def brief(ms: float) -> str:
    """A duration with as many digits as one keeps in mind."""
    if 1000 <= ms < 60_000:
        return f"{ms / 1000:.1f} s"
    return f"{ms:.0f} ms" if 1 <= ms < 1000 else duration(ms)
