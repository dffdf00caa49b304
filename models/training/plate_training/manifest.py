"""The manifest of released models: one table a model, written whole."""

import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

from plate_training.contract import ALPHABET, DETECTOR_SIZE, READER_SIZE, SLOTS
from plate_training.data import rows_of
from plate_training.measure import SCORE_MIN

HEADER = "# Released models; written by models/training/release, explained in README.md.\n"
COMMAND = "models/training/evaluate"
LICENCE = "AGPL-3.0-or-later"
"""Both models saw AGPL-3.0 pictures; LICENSE says what follows."""
BENCHMARKS = {"name": "openalpr/benchmarks, US crops", "commit": "9790ed20", "licence": "AGPL-3.0"}
CROPS = {"name": "openalpr/train-detector, plate crops and negatives", "commit": "1bd54b45", "licence": "AGPL-3.0"}
RIDE = {"name": "RobertLucian/license-plate-dataset, day ride 1", "commit": "f00f309e", "licence": "MIT"}
RENDERED = {
    "name": "plates rendered by alpr_edge.simulation.plates",
    "commit": "this repository",
    "licence": "Apache-2.0",
}
SETS = {
    "detector": ("recall_50", "recall_30", "false_a_picture", "detector_ms"),
    "reader": ("exact_true_boxes", "exact_end_to_end", "reader_ms"),
}
"""Which figures stand in which model's table."""

Entry = dict[str, Any]


def entry_of(model: str, file: Path, log: Path, figures: dict[str, dict[str, float]]) -> Entry:
    """A model's table."""
    last = rows_of(log)[-1]
    shape: Entry = (
        {"input_height": DETECTOR_SIZE[1], "input_width": DETECTOR_SIZE[0], "channels": 1}
        if model == "detector"
        else {"input_height": READER_SIZE[1], "input_width": READER_SIZE[0], "channels": 1}
        | {"slots": SLOTS, "alphabet": ALPHABET, "plate_config": "reader.yaml"}
    )
    return {
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "kind": "plate detector" if model == "detector" else "slot reader",
        **shape,
        "licence": LICENCE,
        "samples_seen": int(last["samples_seen"]),
        "hours": round(float(last["hours"]), 2),
        "trained_on": [RENDERED, BENCHMARKS, CROPS, *([RIDE] if model == "detector" else [])],
        "measured": {"command": COMMAND, "score_min": SCORE_MIN, **_chosen(figures, SETS[model])},
    }


def _chosen(figures: dict[str, dict[str, float]], names: tuple[str, ...]) -> Entry:
    found = {
        f"{place}_{name}" if place != "speed" else name: round(value, 3)
        for place, values in figures.items()
        for name, value in values.items()
        if name in names
    }
    return dict(sorted(found.items()))


def read_manifest(path: Path) -> dict[str, Entry]:
    """The default entries there are, by model."""
    if not path.exists():
        return {}
    return {model: tables["default"] for model, tables in tomllib.loads(path.read_text(encoding="utf-8")).items()}


def write_manifest(path: Path, entries: dict[str, Entry]) -> None:
    """Write every entry, detector first."""
    tables = [_table(f"{model}.default", entry) for model, entry in sorted(entries.items())]
    path.write_text(HEADER + "".join(tables), encoding="utf-8")


def _table(name: str, entry: Entry) -> str:
    plain = "".join(f"{key} = {_value(value)}\n" for key, value in entry.items() if not isinstance(value, dict))
    inner = "".join(_table(f"{name}.{key}", value) for key, value in entry.items() if isinstance(value, dict))
    return f"\n[{name}]\n{plain}{inner}"


def _value(value: object) -> str:
    """A TOML value: JSON's form for strings and numbers, inline tables in lists."""
    if isinstance(value, list):
        rows = "".join(f"  {{ {', '.join(f'{k} = {_value(v)}' for k, v in row.items())} }},\n" for row in value)
        return f"[\n{rows}]"
    return json.dumps(value)
