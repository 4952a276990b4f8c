"""The state of records and tables as of a moment, which is one position of a source's log.

`moments` turns times and changes into moments, `tables` says what is known of a table then and lists its rows,
`records` says the state of one record. `folding` and `row_texts` are pure.
"""
