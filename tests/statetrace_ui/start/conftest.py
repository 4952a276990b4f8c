"""A queue of jobs, as exports and deletions have it."""

from tests.replica.conftest import empty_queue

__all__ = ["empty_queue"]
