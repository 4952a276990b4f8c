"""What threads of several sessions are told apart by: ids are a session's own. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

from replica.profiles.blocks import Thread


def thread_keys(threads: Sequence[Thread]) -> list[str]:
    """For each thread its name and process; of several that are called alike also which one it is."""
    met: Counter[str] = Counter()
    keys: list[str] = []
    for thread in threads:
        name = f"{thread.name} · {thread.process}"
        met[name] += 1
        keys.append(f"{name} · no. {met[name]}" if met[name] > 1 else name)
    return keys


def thread_named(key: str, threads: Sequence[Thread]) -> Thread | None:
    return next((one for one, name in zip(threads, thread_keys(threads), strict=True) if name == key), None)


def busiest(profiles: Iterable[Sequence[Thread]], most: int) -> list[str]:
    """The keys of all threads that some profiles have, those that ran longest first."""
    busy: Counter[str] = Counter()
    for threads in profiles:
        busy.update(dict(zip(thread_keys(threads), (one.busy for one in threads), strict=True)))
    return [key for key, _ in busy.most_common(most)]
