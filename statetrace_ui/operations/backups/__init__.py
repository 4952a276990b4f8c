"""One file that holds the dashboard's own database, the store and the keys: how it is made, and how it is put back."""


class BackupError(Exception):
    """A backup cannot be made, read or put back. The message says why and what to do; it quotes no secret."""
