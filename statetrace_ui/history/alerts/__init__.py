"""Alerts: saved questions that tell when they match something new."""
