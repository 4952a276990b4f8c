"""Time series: units, downsampling and statistics are pure; `readings` alone reads a replica."""
