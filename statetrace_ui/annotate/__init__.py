"""What an audited Django project installs: it writes who did what into `statetrace_annotations`, beside the changes.

Needs Django and the standard library alone. How to install it: docs/annotating.md.
"""
