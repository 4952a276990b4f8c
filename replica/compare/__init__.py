"""Compares two groups of captured sessions. Pure.

`facts` is what is read of sessions, `pairing` makes subjects of it that both groups have, `statistics` says how far
and how surely a subject moved, `tree` asks so down from the flow over its labels to what is inside labels that moved,
`ranking` orders the answers, and `sentence` says the result in words.
"""
