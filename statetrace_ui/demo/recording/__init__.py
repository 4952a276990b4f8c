"""Records sessions of the demo shop: drives a real Chromium through a user flow and keeps what it measured."""
