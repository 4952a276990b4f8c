"""The shop itself: a catalogue, a cart, orders, and pages for the staff."""
