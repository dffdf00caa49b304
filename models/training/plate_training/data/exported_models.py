"""Exported models as files: each carries which pictures its weights may have seen, and how long they were trained.

It stands in the file itself, since a file is copied, mixed with others and released without the folder of its run. A
released file's entry in the manifest says the same; a file of which neither is known counts as one that saw all.
"""

import hashlib
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]  # protobuf ships no types

from alpr_edge.domain.errors import ModelError
from alpr_edge.runtime.io_errors import io_errors
from plate_training.data.pictures import REPOSITORY, Licence

MANIFEST = REPOSITORY / "models" / "manifest.toml"
LICENCES: dict[Licence, str] = {"all": "AGPL-3.0-or-later", "clean": "Apache-2.0"}
"""Licence of weights by the pictures that they saw; models/LICENSE says why."""
PICTURES, SAMPLES, HOURS = "alpr_edge.pictures", "alpr_edge.samples_seen", "alpr_edge.hours"
"""Keys in a file's metadata."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where weights come from.

    Args:
        licence: the set of pictures that they may have seen.
        samples_seen: samples of the training that led to them.
        hours: its length.
    """

    licence: Licence = "all"
    samples_seen: int = 0
    hours: float = 0.0


def read_model(path: Path) -> onnx.ModelProto:
    """A model out of its file.

    Raises:
        ModelError: it cannot be read, or is no model.
    """
    with io_errors(f"{path}: cannot be read", ModelError):
        content = path.read_bytes()
    try:
        model = onnx.load_model_from_string(content)
    except DecodeError:
        model = onnx.ModelProto()
    if not model.graph.node:
        raise ModelError(f"{path}: no model in ONNX form")
    return model


def read_origin(path: Path, manifest: Path = MANIFEST) -> Origin | None:
    """The origin of a model's weights: of a released file by its entry, else by its metadata; None: it is not known.

    Raises:
        ModelError: the file cannot be read, or is no model.
    """
    metadata = {entry.key: entry.value for entry in read_model(path).metadata_props}
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    tables: dict[str, Any] = tomllib.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}
    for entry in (entry for entries in tables.values() for entry in entries.values()):
        if digest in (entry["sha256"], entry.get("int8", {}).get("sha256")):
            return Origin(licence_of(entry), entry.get("samples_seen", 0), entry.get("hours", 0.0))
    if PICTURES not in metadata:
        return None
    licence: Licence = "clean" if metadata[PICTURES] == "clean" else "all"
    return Origin(licence, int(metadata[SAMPLES]), float(metadata[HOURS]))


def licence_of(entry: dict[str, Any]) -> Licence:
    """The set of pictures that a released file saw, by the licence of its entry; all, where it has none."""
    return "clean" if entry.get("licence") == LICENCES["clean"] else "all"


def set_origin(model: onnx.ModelProto, origin: Origin | None) -> None:
    """Write an origin into a model, in place of the one it has; None: nothing is known of it."""
    kept = [entry for entry in model.metadata_props if entry.key not in (PICTURES, SAMPLES, HOURS)]
    values = {entry.key: entry.value for entry in kept}
    if origin is not None:
        values |= {PICTURES: origin.licence, SAMPLES: str(origin.samples_seen), HOURS: f"{origin.hours:.4f}"}
    onnx.helper.set_model_props(model, values)


def write_origin(path: Path, origin: Origin | None) -> None:
    """Write an origin into a model's file."""
    model = read_model(path)
    set_origin(model, origin)
    onnx.save(model, str(path))


def origin_of_both(one: Origin | None, other: Origin | None) -> Origin | None:
    """The origin of weights made of two: the wider set of pictures, the longer training; None where one is unknown."""
    if one is None or other is None:
        return None
    longer = max(one, other, key=lambda origin: origin.samples_seen)
    return replace(longer, licence="clean" if one.licence == other.licence == "clean" else "all")
