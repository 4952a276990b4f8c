"""Removing from history what is over, by rules for each source. `rules` keeps them, `runs` performs them.

Of a row that lives on, the state at the limit is kept as a checkpoint: its last change that is over becomes a baseline
row of the same id. What is over goes in the order of ids, so that at every moment history is what it would be if
capture had begun later.
"""
