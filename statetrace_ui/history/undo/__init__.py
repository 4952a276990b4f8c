"""The undo preview: the SQL that would undo changes, for people to review. Nothing here executes it."""
