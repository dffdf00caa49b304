"""The list of models and their hashes: a file that does not match its entry is never run.

``models/manifest.toml`` has a table such as ``[detector.<name>]`` or ``[reader.<name>]`` for each model::

    [detector.default]
    file = "detector.onnx"
    sha256 = "..."
    near = "near"

    [detector.default.int8]
    file = "detector-int8.onnx"
    sha256 = "..."

The key ``near`` of a detector names another detector, the smaller network that finds near plates beside it. Its key
``check`` names a table ``[plate-check.<name>]``, the network that decides which of its boxes are plates. The key
``state_reader`` of a reader names a table ``[state-reader.<name>]``, the network that names the state of what it reads.
The table ``int8`` names the same network with weights and activations of 8 bits; everything else of the entry holds for
both.
"""

import hashlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from alpr_edge.domain.errors import ModelError
from alpr_edge.runtime.io_errors import io_errors

MANIFEST = "manifest.toml"
MODEL_BYTES_MAX = 64 * 1024 * 1024

Precision = Literal["float32", "int8"]
"""What a model file computes with. Every entry has a float32 file; some have an int8 file beside it."""
Role = Literal["detector", "reader", "plate-check", "state-reader", "second-reader"]
"""The last never stands in a manifest: :mod:`alpr_edge.vision.second_reader` knows the one file it takes."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model whose bytes are those its manifest entry names."""

    role: Role
    name: str
    sha256: str
    content: bytes
    entry: dict[str, Any]

    @property
    def model_id(self) -> str:
        """Text stored with every read: role, name and the start of the hash."""
        return f"{self.role}:{self.name}:{self.sha256[:12]}"


def load_model(directory: Path, role: Role, name: str, precision: Precision = "float32") -> ModelFile:
    """Read one model's bytes once and check them.

    Raises:
        ModelError: no manifest, no such entry or file of it, file missing, too large, or changed.
    """
    entry = _entry(directory, role, name)
    if precision == "int8":
        entry = _int8_entry(directory, role, name, entry)
    path = directory / str(entry.get("file", ""))
    with io_errors(f"{path}: cannot be read", ModelError, "check vision.models_directory"):
        if path.stat().st_size > MODEL_BYTES_MAX:
            raise ModelError(f"{path}: larger than {MODEL_BYTES_MAX} bytes; this is no model of ours")
        content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != entry.get("sha256"):
        raise ModelError(f"{path}: its SHA-256 is not the manifest's; restore the file or its entry in {MANIFEST}")
    return ModelFile(role, name, digest, content, entry)


def find_model(directories: Sequence[Path], role: Role, name: str, precision: Precision = "float32") -> ModelFile:
    """Load a model as :func:`load_model` does, from the first of several folders that has the entry.

    The first must have a manifest; a later one may be missing, since models are added to it or not.
    """
    first, *later = directories
    known_names: list[str] = []
    for directory in (first, *filter(has_manifest, later)):
        names = [other for kind, other in model_names(directory) if kind == role]
        if name in names:
            return load_model(directory, role, name, precision)
        known_names += names
    there = ", ".join(known_names) or "none"
    raise ModelError(f"{first / MANIFEST}: no [{role}.{name}]; there: {there}; check vision.{role}")


def find_near(directories: Sequence[Path], detector: ModelFile, precision: Precision = "float32") -> ModelFile | None:
    """Load the detector for near plates that a detector's entry names; None where it names none."""
    if detector.entry.get("near") == detector.name:
        raise ModelError(f"{detector.model_id}: near must name another detector of {MANIFEST}")
    return _find_named(directories, detector, "near", "detector", precision)


def find_check(directories: Sequence[Path], detector: ModelFile) -> ModelFile | None:
    """Load the check of boxes that a detector's entry names. Returns and raises as :func:`find_near`."""
    return _find_named(directories, detector, "check", "plate-check")


def find_state_reader(directories: Sequence[Path], reader: ModelFile) -> ModelFile | None:
    """Load the network for states that a reader's entry names. Returns and raises as :func:`find_near`."""
    return _find_named(directories, reader, "state_reader", "state-reader")


def has_int8(model: ModelFile) -> bool:
    """Whether the model's entry names an int8 file beside it."""
    return "int8" in model.entry


def has_manifest(directory: Path) -> bool:
    """Whether there is a manifest. Raises ModelError where that cannot be determined."""
    path = directory / MANIFEST
    try:
        path.stat()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}; run this as the folder's owner") from None
    return True


def model_names(directory: Path) -> list[tuple[Role, str]]:
    """Every model of the manifest. Raises ModelError as load_model."""
    manifest = _manifest(directory)
    roles: tuple[Role, ...] = ("detector", "reader", "plate-check", "state-reader")
    return [(role, name) for role in roles for name in sorted(manifest.get(role, {}))]


def model_files(directory: Path) -> list[tuple[Role, str, Precision]]:
    """Every file of the manifest: the int8 file of a model after its float32 file. Raises ModelError as load_model."""
    files: list[tuple[Role, str, Precision]] = []
    for role, name in model_names(directory):
        files.append((role, name, "float32"))
        if "int8" in _entry(directory, role, name):
            files.append((role, name, "int8"))
    return files


def _find_named(
    directories: Sequence[Path], model: ModelFile, key: str, role: Role, precision: Precision = "float32"
) -> ModelFile | None:
    """The model that a key of another model's entry names; None where it names none."""
    name = model.entry.get(key)
    if name is None:
        return None
    if not isinstance(name, str):
        raise ModelError(f"{model.model_id}: {key} must be the name of a {role} of {MANIFEST}")
    if not any((role, name) in model_names(directory) for directory in filter(has_manifest, directories)):
        raise ModelError(f"{model.model_id}: {key} names [{role}.{name}], which is in no {MANIFEST}")
    return find_model(directories, role, name, precision)


def _manifest(directory: Path) -> dict[str, Any]:
    path = directory / MANIFEST
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}; check vision.models_directory") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ModelError(f"{path}: not valid TOML: {error}") from None


def _entry(directory: Path, role: Role, name: str) -> dict[str, Any]:
    entries = _manifest(directory).get(role, {})
    if not isinstance(entries, dict) or not isinstance(entries.get(name), dict):
        names = ", ".join(sorted(entries)) if isinstance(entries, dict) and entries else "none"
        raise ModelError(f"{directory / MANIFEST}: no [{role}.{name}]; there: {names}; check vision.{role}")
    entry: dict[str, Any] = entries[name]
    return entry


def _int8_entry(directory: Path, role: Role, name: str, entry: dict[str, Any]) -> dict[str, Any]:
    """An entry with file and hash of its int8 file in place of the float32 file's."""
    table = entry.get("int8")
    if not isinstance(table, dict):
        raise ModelError(f"{directory / MANIFEST}: [{role}.{name}] has no int8 file")
    return {**entry, "file": table.get("file"), "sha256": table.get("sha256")}
