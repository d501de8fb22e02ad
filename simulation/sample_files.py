"""Samples as files, with the scenario and the seed inside: CSV with two comment lines, or Parquet with metadata.

A row is one outage of a measure: replication, measure, start_hours, end_hours. What is true of all rows (the scenario,
the seed, how many replications of how many hours, of which measures) stands in one JSON object. Times when everything
was as new are not kept: regenerative intervals are made before.
"""

import csv
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from simulation.errors import ScenarioError
from simulation.result import About, Samples
from simulation.trace import Replication

SCHEMA = "ethercattle.samples/1"
COLUMNS = ("replication", "measure", "start_hours", "end_hours")
METADATA_KEY = b"ethercattle.samples"
Row = tuple[int, str, float, float]


def write_samples(path: Path, samples: Samples) -> None:
    """Write samples; the name's end, .csv or .parquet, says how.

    Raises:
        ScenarioError: the name ends otherwise, the file can't be written, or pyarrow is missing.
    """
    write = {".csv": _write_csv, ".parquet": _write_parquet}.get(path.suffix.lower())
    if write is None:
        raise ScenarioError(f"samples file {str(path)!r}: expected a name that ends in .csv or .parquet")
    try:
        write(path, samples)
    except OSError as error:
        raise ScenarioError(f"samples file {str(path)!r} can't be written: {error.strerror or error}") from error


def read_samples(path: Path) -> Samples:
    """Read samples that `write_samples` wrote.

    Raises:
        ScenarioError: the file can't be read, is no such file, or pyarrow is missing.
    """
    read = {".csv": _read_csv, ".parquet": _read_parquet}.get(path.suffix.lower())
    if read is None:
        raise ScenarioError(f"samples file {str(path)!r}: expected a name that ends in .csv or .parquet")
    try:
        header, rows = read(path)
        return _samples(header, rows)
    except FileNotFoundError as error:
        raise ScenarioError(f"samples file {str(path)!r}: there is no such file") from error
    except (OSError, UnicodeDecodeError, ValueError, TypeError, KeyError, IndexError) as error:
        raise ScenarioError(f"samples file {str(path)!r} can't be read: {error or type(error).__name__}") from error


def _header(samples: Samples) -> str:
    first = samples.replications[0] if samples.replications else None
    value = {
        "schema": SCHEMA,
        "about": asdict(samples.about),
        "replications": len(samples.replications),
        "measures": list(first.down) if first is not None else [],
        "events": [replication.events for replication in samples.replications],
    }
    return json.dumps(value, separators=(",", ":"))


def _rows(samples: Samples) -> Iterator[Row]:
    for number, replication in enumerate(samples.replications):
        for measure, intervals in replication.down.items():
            for start, end in intervals.tolist():
                yield number, measure, start, end


def _write_csv(path: Path, samples: Samples) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(f"# {SCHEMA}: outages of each measure and replication; what they come from is in the next line\n")
        file.write(f"# {_header(samples)}\n")
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(_rows(samples))  # Python writes a float so that it is read back the same


def _read_csv(path: Path) -> tuple[dict[str, Any], list[Row]]:
    with path.open(encoding="utf-8", newline="") as file:
        first, second = file.readline(), file.readline()
        if not first.startswith(f"# {SCHEMA}"):
            raise ValueError(f"its first line does not say {SCHEMA}")
        header = json.loads(second.removeprefix("# "))
        reader = csv.reader(file)
        columns = next(reader, [])
        if tuple(columns) != COLUMNS:
            raise ValueError(f"its columns are {','.join(columns)!r}, expected {','.join(COLUMNS)!r}")
        rows = [(int(number), measure, float(start), float(end)) for number, measure, start, end in reader]
    return header, rows


def _write_parquet(path: Path, samples: Samples) -> None:
    pyarrow, parquet = _pyarrow()
    rows = list(_rows(samples))
    kinds = (pyarrow.int64(), pyarrow.string(), pyarrow.float64(), pyarrow.float64())
    schema = pyarrow.schema(list(zip(COLUMNS, kinds, strict=True)), metadata={METADATA_KEY: _header(samples)})
    arrays = [pyarrow.array([row[place] for row in rows], kind) for place, kind in enumerate(kinds)]
    parquet.write_table(pyarrow.table(arrays, schema=schema), str(path))


def _read_parquet(path: Path) -> tuple[dict[str, Any], list[Row]]:
    _, parquet = _pyarrow()
    table = parquet.read_table(str(path), columns=list(COLUMNS))
    metadata = table.schema.metadata or {}
    if METADATA_KEY not in metadata:
        raise ValueError(f"its metadata has no {METADATA_KEY.decode()}")
    columns = [table.column(name).to_pylist() for name in COLUMNS]
    return json.loads(metadata[METADATA_KEY]), list(zip(*columns, strict=True))


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise ScenarioError("Parquet files need pyarrow: pip install 'ethercattle[simulation]'") from error
    return pa, parquet


def _samples(header: dict[str, Any], rows: list[Row]) -> Samples:
    """Return samples, checked: rows are of replications and measures there are, and lie within the horizon in order."""
    if header.get("schema") != SCHEMA:
        raise ValueError(f"its schema is {header.get('schema')!r}, expected {SCHEMA!r}")
    about = About(**{field.name: header["about"][field.name] for field in fields(About)})
    events = [int(number) for number in header["events"]]
    if len(events) != header["replications"]:
        raise ValueError(f"it tells the events of {len(events)} replications, expected {header['replications']}")
    found: list[dict[str, list[tuple[float, float]]]] = [{name: [] for name in header["measures"]} for _ in events]
    for number, measure, start, end in rows:
        if not 0 <= number < len(events) or measure not in found[number]:
            raise ValueError(f"a row is of replication {number} and measure {measure!r}, which there are not")
        last = found[number][measure][-1][1] if found[number][measure] else -math.inf
        if not (0 <= start < end <= about.horizon_hours and start > last):
            raise ValueError(f"an outage from {start} to {end} hours is out of order or beyond the horizon")
        found[number][measure].append((start, end))
    replications = tuple(
        Replication(
            about.horizon_hours,
            {name: np.array(down, dtype=np.float64).reshape(-1, 2) for name, down in of_run.items()},
            np.zeros(1),
            count,
        )
        for of_run, count in zip(found, events, strict=True)
    )
    return Samples(about, replications)
