"""A small shop to click around in, which is audited, and sessions recorded in it with a real browser.

`shop` is an application of its own with its own settings and database; nothing of it is loaded into the dashboard.
"""
