"""Downloads: what a list shows, all of it, as a file with a file beside it that says what it is."""
