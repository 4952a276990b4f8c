"""Errors for people: each says what happened and what to do next."""


class UserError(Exception):
    """Ends a request with a page or fragment that shows problem and advice. status: the HTTP status."""

    def __init__(self, problem: str, advice: str = "", status: int = 400) -> None:
        super().__init__(problem)
        self.problem, self.advice, self.status = problem, advice, status

    @property
    def sentence(self) -> str:
        """Problem and advice in one line, as a terminal shows them."""
        return f"{self.problem} {self.advice}".strip()


def first_line(error: Exception) -> str:
    """The first line of an exception's message, without its full stop; its type's name if the message is empty."""
    text = " ".join(next(iter(str(error).splitlines()), "").split())
    return text.rstrip(".") or type(error).__name__
