"""Tamper evidence: each call of the store adds links to a chain of its source, sealed by the source's secret key."""
