"""Disk: measured by a job and kept as a bounded series; trends, forecasts, and what would free how much."""
