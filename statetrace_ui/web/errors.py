"""Failures that a person reads: what happened, and what to do next."""


class UserError(Exception):
    """Ends a request with a page (or fragment) that says what is wrong and what to do next."""

    def __init__(self, problem: str, advice: str = "", status: int = 400) -> None:
        super().__init__(problem)
        self.problem, self.advice, self.status = problem, advice, status
