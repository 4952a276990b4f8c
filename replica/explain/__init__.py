"""What happened in a stretch of a session: its time divided, its heaviest calls, the actions of its requests. Pure."""
