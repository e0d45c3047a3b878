"""Writers of tables: CSV, JSON lines and Parquet. Each takes the columns of one run after another."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Protocol

import numpy as np

from retropod.export.extras import need
from retropod.export.tables import Column, Columns, ExportTable
from retropod.export.text import cell, iso
from retropod.insight.columns import Coded, Values

_DIGITS = 6  # decimals of a number; the fields of a run have at most four


class Writer(Protocol):
    """A writer of one file. Call `close` after the last `write`."""

    def write(self, table: ExportTable, columns: Columns) -> None:
        """Add the rows of one run."""
        ...

    def close(self) -> None:
        """Complete the file."""
        ...


class CsvWriter:
    """CSV: UTF-8, unknown values empty, times in ISO 8601. No cell is a formula."""

    def __init__(self, file: BinaryIO, table: ExportTable) -> None:
        self._text = io.TextIOWrapper(file, "utf-8", newline="")
        self._rows = csv.writer(self._text)
        self._rows.writerow([column.name for column in table.columns])

    def write(self, table: ExportTable, columns: Columns) -> None:
        """Add the rows of one run."""
        listed = [_listed(column, columns[column.name]) for column in table.columns]
        self._rows.writerows(zip(*(map(_as_cell, values) for values in listed), strict=True))

    def close(self) -> None:
        """Write the buffered rows, and leave the file open."""
        self._text.detach()


def _as_cell(value: Any) -> Any:
    return "" if value is None else cell(value) if isinstance(value, str) else value


class JsonWriter:
    """JSON lines: one object for each row, with its `type`. docs/export.schema.json describes them."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, table: ExportTable, columns: Columns) -> None:
        """Add the rows of one run."""
        names = [column.name for column in table.columns]
        listed = [_listed(column, columns[column.name]) for column in table.columns]
        for values in zip(*listed, strict=True):
            row = {"type": table.row, **dict(zip(names, values, strict=True))}
            self._file.write(json.dumps(row, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n")

    def close(self) -> None:
        """Write nothing: each line is complete."""


class ParquetWriter:
    """Parquet: times as UTC timestamps in ms, texts as dictionaries, unknown values null, meaning in the metadata."""

    def __init__(self, file: BinaryIO, table: ExportTable) -> None:
        need("pyarrow", "parquet", "a Parquet file")
        import pyarrow
        import pyarrow.parquet

        self._arrow = pyarrow
        self._types: dict[str, Any] = {
            "text": pyarrow.dictionary(pyarrow.int32(), pyarrow.string()),
            "integer": pyarrow.int64(),
            "number": pyarrow.float64(),
            "time": pyarrow.timestamp("ms", "UTC"),
        }
        fields = [
            pyarrow.field(one.name, self._types[one.kind], metadata={"description": one.meaning})
            for one in table.columns
        ]
        self._schema: Any = pyarrow.schema(fields)
        self._file: Any = pyarrow.parquet.ParquetWriter(file, self._schema, compression="zstd")

    def write(self, table: ExportTable, columns: Columns) -> None:
        """Add the rows of one run, as a row group."""
        arrays = [self._array(column, columns[column.name]) for column in table.columns]
        self._file.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        """Write the index of the file."""
        self._file.close()

    def _array(self, column: Column, values: Values) -> Any:
        arrow = self._arrow
        if isinstance(values, Coded):
            # Null is a code, not a word: a dictionary has no null.
            known = [place for place, word in enumerate(values.words) if word is not None]
            code = np.full(len(values.words), -1, np.int32)
            code[known] = np.arange(len(known))
            codes = code[values.codes]
            words = arrow.array([values.words[place] for place in known], arrow.string())
            return arrow.DictionaryArray.from_arrays(arrow.array(codes, mask=codes < 0), words)
        if column.kind == "integer":
            return arrow.array(values)
        unknown = np.isnan(values)
        if column.kind == "time":
            milliseconds = np.rint(np.where(unknown, 0.0, values) * 1000).astype("datetime64[ms]")
            return arrow.array(milliseconds, self._types["time"], mask=unknown)
        return arrow.array(values, mask=unknown)


def _listed(column: Column, values: Values) -> Sequence[Any]:
    """Return the values of a column for a text file. Unknown: None."""
    if isinstance(values, Coded):
        return values.texts()
    if column.kind == "integer":
        return values.tolist()
    return list(_times(values.tolist()) if column.kind == "time" else _numbers(values.tolist()))


def _numbers(values: Sequence[float]) -> Iterator[float | None]:
    for value in values:
        yield None if value != value else round(value, _DIGITS)


def _times(values: Sequence[float]) -> Iterator[str | None]:
    for value in values:
        yield None if value != value else iso(value)
