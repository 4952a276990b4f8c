"""What history knows of the rows of a table at a position of the log, for comparing it with the table itself."""
