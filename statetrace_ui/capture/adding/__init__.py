"""Adding a source by pages: a draft that is checked until its database is ready, and then becomes a source."""
