"""All formats that can be imported, in the order in which they are listed."""

from replica.importing.formats import art_trace, chrome_trace, cpuprofile, har, labels_json, timeseries_csv

FORMATS = (
    art_trace.FORMAT,
    cpuprofile.FORMAT,
    chrome_trace.FORMAT,
    har.FORMAT,
    timeseries_csv.FORMAT,
    labels_json.FORMAT,
)


def titles() -> str:
    """`Android method trace (.trace), … and labels (.json)`"""
    *first, last = (known.title for known in FORMATS)
    return f"{', '.join(first)} and {last}"
