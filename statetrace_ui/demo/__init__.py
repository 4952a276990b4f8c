"""The demo: a small shop that is audited, and sessions that a real browser recorded in it.

`shop` is an application of its own, with its own settings and database; the dashboard does not load it.
"""
