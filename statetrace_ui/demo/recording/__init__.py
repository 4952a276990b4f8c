"""Records sessions of the demo shop: drives a real Chromium through a user flow, and stores its measurements."""
