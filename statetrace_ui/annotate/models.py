"""Empty. Django sends `post_migrate` only for apps that have this module; table.py writes the table by plain SQL."""
