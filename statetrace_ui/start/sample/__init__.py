"""Sample data: a small history and captured sessions of an invented lamp shop, put in and taken out as a whole."""
