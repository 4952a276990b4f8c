"""What files say of sessions and a replica has no place for: it is kept on our own side."""
