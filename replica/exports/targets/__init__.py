"""Other places that flows are copied to, and other databases that they are read from."""
