"""Folders of derived columns on our own disk: made whole or not at all, found by what they were made of, evicted."""
