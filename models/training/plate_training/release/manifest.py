"""The manifest of released models: one table a model, written whole, with the figures that the benchmark printed."""

import hashlib
import json
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

from alpr_edge.domain.errors import ModelError
from plate_training.contract import ALPHABET, SLOTS
from plate_training.data.exported_models import LICENCES, Origin
from plate_training.data.pictures import Licence

HEADER = "# Released models; written by models/training/release, explained in README.md.\n"
BENCHMARKS = {"name": "openalpr/benchmarks, US crops", "commit": "9790ed20", "licence": "AGPL-3.0"}
CROPS = {"name": "openalpr/train-detector, plate crops and negatives", "commit": "1bd54b45", "licence": "AGPL-3.0"}
RIDE = {"name": "RobertLucian/license-plate-dataset, day ride 1", "commit": "f00f309e", "licence": "MIT"}
ROAD = {
    "name": "Open Images, photographs with number plates (annotations Google LLC, photographs their authors)",
    "commit": "ecd25180",
    "licence": "CC-BY-4.0 AND CC-BY-2.0",
}
RENDERED = {
    "name": "plates rendered by alpr_edge.simulation.plates.renderer",
    "commit": "this repository",
    "licence": "Apache-2.0",
}
KINDS = {
    "detector": "plate detector",
    "reader": "slot reader",
    "plate-check": "check of the detector's boxes",
    "state-reader": "names the state of a plate",
}
FIGURES = {
    "detector": (
        "recall_iou50",
        "recall_iou30",
        "found_40px",
        "found_under_40px",
        "found_320px",
        "false_boxes",
        "characters_inside",
        "box_width_ratio",
        "box_height_ratio",
        "frame_to_boxes",
    ),
    "reader": (
        "exact_true_boxes",
        "exact",
        "exact_of_found",
        "exact_us_ca",
        "exact_us_ca_true_boxes",
        "exact_eu_true_boxes",
        "exact_with_i",
        "vehicle_exact",
        "certain_right",
        "certain_share",
        "reads_per_100_passes",
        "calibration_error",
        "exact_of_certain",
        "certain_of_all",
        "plate_in_batch_of_1",
    ),
}
"""Last parts of the names of the figures that stand in each model's table."""
DETAILS = "of", "wilson95", "p90", "threads", "confidence_min"
"""What is written beside a value, where the benchmark gives it."""

TABLES = "measured", "int8"
"""Keys of an entry that are written as tables of their own."""

Role = Literal["detector", "reader"]
"""What ``release`` takes; a check of boxes comes from ``fit_plate_check``, a state reader from ``fit_state``."""
Entry = dict[str, Any]
Manifest = dict[str, dict[str, Entry]]
"""Entries by role and name."""


def sources_of(role: str, licence: Licence) -> list[dict[str, str]]:
    """What a model saw. A clean reader sees the ride only as something that is no plate."""
    if licence == "clean":
        return [RENDERED, ROAD, RIDE]
    return [RENDERED, BENCHMARKS, CROPS, ROAD, *([RIDE] if role == "detector" else [])]


def file_of(role: str, name: str) -> str:
    """What an entry's file is called."""
    return f"{role}.onnx" if name == "default" else f"{role}-{name}.onnx"


def entry_of(role: Role, file: Path, shape: tuple[int, int, int], origin: Origin) -> Entry:
    """A model's table without its figures.

    Args:
        role: the model's role.
        file: the model.
        shape: height, width and channels of its input.
        origin: the pictures that it saw, and the training that led to it.
    """
    of_reader = {"slots": SLOTS, "alphabet": ALPHABET, "plate_config": "reader.yaml", "interpolation": "cubic"}
    return {
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "kind": KINDS[role],
        **dict(zip(("input_height", "input_width", "channels"), shape, strict=True)),
        **(of_reader if role == "reader" else {}),
        "licence": LICENCES[origin.licence],
        "samples_seen": origin.samples_seen,
        "hours": round(origin.hours, 2),
        "trained_on": sources_of(role, origin.licence),
    }


def check_entry_of(file: Path, feature_count: int) -> Entry:
    """The table of a check of boxes, which saw boxes in all real pictures with plates boxed, and without any."""
    return {
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "kind": KINDS["plate-check"],
        "features": feature_count,
        "licence": LICENCES["all"],
        "trained_on": [RENDERED, CROPS, ROAD, RIDE],
    }


def state_entry_of(file: Path, states: Sequence[str], probability_min: float, measured: Entry) -> Entry:
    """The table of a network that names states.

    Args:
        file: the network.
        states: the states in the order of its outputs.
        probability_min: the probability from which on it names one.
        measured: what it does on plates that networks like it did not see.
    """
    return {
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "kind": KINDS["state-reader"],
        "states": list(states),
        "probability_min": probability_min,
        "licence": LICENCES["all"],
        "trained_on": [RENDERED, BENCHMARKS, CROPS, ROAD],
        "measured": measured,
    }


def keys_beside(manifest: Manifest, role: Role, name: str, near: str | None) -> dict[str, str]:
    """The keys by which an entry names what works beside the model.

    A detector's check of boxes is as before, until ``fit_plate_check`` fits another to it; its detector for near plates
    is the one asked for, or as before; a reader's state reader is as before.

    Raises:
        ModelError: no such detector is in the manifest.
    """
    entries = manifest.get(role, {})
    before = entries.get(name, {})
    keys: dict[str, str] = {key: before[key] for key in ("check", "state_reader") if key in before}
    near_name = near or before.get("near")
    if role != "detector" or not near_name:
        return keys
    if near_name not in entries or near_name == name:
        raise ModelError(f"--near {near_name}: no other detector of this name in the manifest; release it first")
    return {"near": near_name, **keys}


def parse_figures(role: Role, command: str, lines: Iterable[str]) -> Entry:
    """The table of figures out of the JSON lines of ``scripts/bench accuracy``; misses by width are left to it."""
    entry: Entry = {"command": command}
    for line in map(json.loads, lines):
        name = line["figure"].removeprefix("accuracy.")
        if name.rpartition(".")[2] in FIGURES[role] and "width_from_px" not in line:
            entry[name.replace(".", "_")] = {
                "value": line["value"],
                "unit": line["unit"],
                **{key: line[key] for key in DETAILS if key in line},
            }
    return entry


def files_of(manifest: Manifest) -> list[str]:
    """The name of every model file, int8 files included."""
    entries = [entry for role_entries in manifest.values() for entry in role_entries.values()]
    return [table["file"] for entry in entries for table in (entry, entry.get("int8")) if table]


def read_manifest(path: Path) -> Manifest:
    """Every entry there is."""
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write every entry; into the folder of released models ``install_models`` does so, in one step."""
    path.write_text(manifest_text(manifest), encoding="utf-8")


def manifest_text(manifest: Manifest) -> str:
    """Every entry, detectors first, the default first of its role."""
    tables = [
        _table(f"{role}.{name}", entries[name])
        for role, entries in sorted(manifest.items())
        for name in sorted(entries, key=lambda name: (name != "default", name))
    ]
    return HEADER + "".join(tables)


def _table(name: str, entry: Entry) -> str:
    """Values first, then the tables inside: their rows stay on a line each."""
    inside = [key for key in TABLES if key in entry]
    plain = "".join(f"{key} = {_value(value)}\n" for key, value in entry.items() if key not in inside)
    return f"\n[{name}]\n{plain}" + "".join(_table(f"{name}.{key}", entry[key]) for key in inside)


def _value(value: object) -> str:
    """A TOML value: JSON's form for strings, numbers and rows of numbers, inline tables, lists of them on lines."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{key} = {_value(inner)}' for key, inner in value.items())} }}"
    if isinstance(value, list) and any(isinstance(row, dict) for row in value):
        return "[\n" + "".join(f"  {_value(row)},\n" for row in value) + "]"
    return json.dumps(value)
