"""Records that refer to others by foreign keys: the way there, and back, as of a moment."""
