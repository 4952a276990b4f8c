"""The language in which people ask the history: one line, its parts, and what is wrong with it. Pure."""
