"""Erasing a record or a person from history: counted first, confirmed, then done in batches. `runs` begins it."""
