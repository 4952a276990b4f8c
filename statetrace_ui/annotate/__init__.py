"""For audited Django projects: writes into `statetrace_annotations` which user and request each transaction belongs to.

It needs only Django and the standard library. docs/annotating.md explains how to install it.
"""
