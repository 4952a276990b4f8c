"""The first ten minutes: steps that tick themselves off, files dropped on a page, and sample data."""
