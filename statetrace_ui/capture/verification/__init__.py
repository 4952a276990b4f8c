"""Compares what history knows of tables with what they hold, and mends what differs."""
