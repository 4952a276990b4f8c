"""The shop itself: a catalogue, a cart, orders, and a staff room."""
