"""Why the store refuses rows: what was known when they were read holds no longer."""

from statetrace_ui.history.models import Source


class RulesChanged(Exception):
    """The source's column rules, or whether messages count, were changed since rows were read: they are read again."""

    def __init__(self, source: Source) -> None:
        super().__init__(f"What is captured of {source} was changed in the meantime.")


class HistoryErased(RulesChanged):
    """Something was erased since tables were read, or compared with history: they are read again."""

    def __init__(self, source: Source) -> None:
        Exception.__init__(self, f"Something was erased from the history of {source} in the meantime.")


class Superseded(Exception):
    """Another process has taken the source since this one read it: what this one has read is not stored."""

    def __init__(self, source: Source) -> None:
        super().__init__(f"Another process captures {source} by now.")


class EraEnded(Exception):
    """A gap was declared since the rows were read: they belong to a part of the log that was given up."""

    def __init__(self, source: Source) -> None:
        super().__init__(f"A gap in the history of {source} was declared in the meantime.")


class NoRoom(Exception):
    """So much was corrected since the source's last commit that no position is left before the next one."""

    def __init__(self, source: Source) -> None:
        super().__init__(f"Too much of {source} was corrected since its last commit.")
