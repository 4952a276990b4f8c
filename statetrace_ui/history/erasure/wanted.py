"""What an erasure looks for, as its row keeps it (encrypted) until it is done. Pure."""

import json
from dataclasses import asdict, dataclass
from functools import cached_property

from statetrace_ui.history.erasure.words import Words


@dataclass(frozen=True)
class Wanted:
    """Of a record: its key, and whether the key goes, too. Of a person: a value, an actor, or both.

    value: of the fields that the erasure names. actor: an id, email or full name, as annotations say it. elsewhere:
    whether changes of all tables are looked through for these words. Upper and lower case are the same.
    """

    key: str = ""
    key_too: bool = False
    value: str = ""
    actor: str = ""
    elsewhere: bool = False

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Wanted":
        return cls(**json.loads(text))

    @cached_property
    def words(self) -> Words:
        """What is looked for within texts; nothing of a record, whose values are not known beforehand."""
        return Words([self.value, self.actor])

    def names_actor(self, *texts: str) -> bool:
        """Whether the actor that is looked for is one of the texts."""
        return bool(self.actor) and self.actor.casefold() in (text.casefold() for text in texts)

    def is_in_key(self, key: str) -> bool:
        """Whether a record's key (a JSON array of texts) holds what is looked for."""
        if self.key:
            return self.key_too
        return _has_part(key, self.value) or self.words.occur(key)


def _has_part(key: str, value: str) -> bool:
    try:
        parts = json.loads(key) if key and value else []
    except ValueError:
        return False
    return isinstance(parts, list) and value.casefold() in (str(part).casefold() for part in parts)
