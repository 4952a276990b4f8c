"""Writes things as CSV, JSON Lines or Parquet into a file that cannot be read back."""

import csv
import io
import zipfile
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, Protocol

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from statetrace_ui.web.cells import harmless

# Rows of a Parquet row group wait in memory; each group costs some kilobytes of it until the end.
GROUP_ROWS, GROUP_BYTES = 50_000, 16_000_000
TYPES = {
    "int": pa.int64(),
    "text": pa.string(),
    "json": pa.string(),
    "bool": pa.bool_(),
    "time": pa.timestamp("us", tz="UTC"),
}


class Lines(NamedTuple):
    """How a thing becomes lines. line_of: an object of the fields. cells_of: the same as lines of a spreadsheet."""

    fields: dict[str, str]
    cells: list[str]
    line_of: Callable[[Any], dict[str, Any]]
    cells_of: Callable[[Any], Iterable[list[Any]]]


class Sink(Protocol):
    def write(self, data: Any, /) -> int: ...


class CsvWriter:
    """UTF-8 with a byte order mark, without which spreadsheets read it as something else."""

    def __init__(self, sink: Sink, lines: Lines) -> None:
        self._lines = lines
        self._text = io.TextIOWrapper(io.BufferedWriter(_Unclosed(sink)), encoding="utf-8", newline="")
        self._text.write("\ufeff")
        self._rows = csv.writer(self._text)
        self._rows.writerow(lines.cells)

    def write(self, thing: Any) -> int:
        """Returns how many rows the thing makes."""
        rows = [[harmless(value) for value in row] for row in self._lines.cells_of(thing)]
        self._rows.writerows(rows)
        return len(rows)

    def close(self) -> None:
        self._text.close()


class JsonLinesWriter:
    def __init__(self, sink: Sink, lines: Lines) -> None:
        self._sink = sink
        self._lines = lines

    def write(self, thing: Any) -> int:
        self._sink.write(orjson.dumps(self._lines.line_of(thing), option=orjson.OPT_APPEND_NEWLINE))
        return 1

    def close(self) -> None:
        pass


class ParquetWriter:
    def __init__(self, sink: Sink, lines: Lines) -> None:
        self._lines = lines
        self._schema = pa.schema([(name, TYPES[kind]) for name, kind in lines.fields.items()])
        self._file = pq.ParquetWriter(_Unclosed(sink), self._schema, compression="zstd")
        self._rows: list[dict[str, Any]] = []
        self._bytes = 0

    def write(self, thing: Any) -> int:
        line, kinds = self._lines.line_of(thing), self._lines.fields
        row = {name: _as_text(value) if kinds[name] == "json" else value for name, value in line.items()}
        self._rows.append(row)
        self._bytes += sum(len(value) for value in row.values() if isinstance(value, str))
        if len(self._rows) == GROUP_ROWS or self._bytes > GROUP_BYTES:
            self._end_group()
        return 1

    def close(self) -> None:
        if self._rows:
            self._end_group()
        self._file.close()

    def _end_group(self) -> None:
        self._file.write_table(pa.Table.from_pylist(self._rows, self._schema), row_group_size=GROUP_ROWS)
        self._rows, self._bytes = [], 0


class Format(NamedTuple):
    suffix: str
    label: str
    writer: type[CsvWriter | JsonLinesWriter | ParquetWriter]
    compression: int = zipfile.ZIP_DEFLATED


FORMATS = {
    "csv": Format("csv", "CSV", CsvWriter),
    "jsonl": Format("jsonl", "JSON Lines", JsonLinesWriter),
    "parquet": Format("parquet", "Parquet", ParquetWriter, zipfile.ZIP_STORED),  # compressed already
}


class _Unclosed(io.RawIOBase):
    """The sink as a file that knows its place, and leaves the sink open when it is closed."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._place = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def write(self, data: Any) -> int:
        self._sink.write(data)
        self._place += len(data)
        return len(data)


def _as_text(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()
