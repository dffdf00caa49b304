"""Adds models to a folder: each file under a temporary name first, then the final names, the manifest last.

A power cut or a full disk leaves the manifest as it was; files it does not name are never looked at.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from alpr_edge.domain.errors import ModelError
from alpr_edge.runtime.durable_files import private_directory, sync_directory, write_temporary
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.vision.model_files.manifest import MANIFEST, MODEL_BYTES_MAX, ModelFile, Role, has_manifest, model_names

HEADING = "# Models added with: alpr-edge models add\n"


@dataclass(frozen=True, slots=True)
class Addition:
    """A checked model on its way into a folder."""

    model: ModelFile
    config: bytes | None = None
    """Plate configuration that stays beside a reader."""


def candidate(path: Path, role: Role, name: str, facts: Mapping[str, str | int]) -> ModelFile:
    """A file as a model with the entry that it would have.

    Raises:
        ModelError: it cannot be read, or is too large.
    """
    content = read_bounded(path, MODEL_BYTES_MAX)
    digest = hashlib.sha256(content).hexdigest()
    entry = {"file": f"{role}-{name}.onnx", "sha256": digest, "bytes": len(content), **facts}
    return ModelFile(role, name, digest, content, entry)


def read_bounded(path: Path, bytes_max: int) -> bytes:
    """A file's bytes.

    Raises:
        ModelError: it cannot be read, or has more than ``bytes_max``.
    """
    with io_errors(f"{path}: cannot be read", ModelError), path.open("rb") as file:
        content = file.read(bytes_max + 1)
    if len(content) > bytes_max:
        raise ModelError(f"{path}: larger than {bytes_max} bytes; this is none of the files asked for")
    return content


def require_free(directories: Sequence[Path], role: Role, name: str) -> None:
    """Refuse a name that a model has already: the first of two would hide the second.

    Raises:
        ModelError: it is taken, or a manifest cannot be read.
    """
    for directory in filter(has_manifest, directories):
        if (role, name) in model_names(directory):
            raise ModelError(f"{directory / MANIFEST}: there is a [{role}.{name}] already; give another --name")


def install(directory: Path, additions: Sequence[Addition]) -> list[Path]:
    """Write models and their manifest entries (folder 0700, files 0600); all of them or none.

    Returns:
        Every file written.

    Raises:
        ModelError: the folder cannot be written.
        StoreError: it cannot be made, or others may enter it.
    """
    private_directory(directory)
    contents = {directory / str(item.model.entry["file"]): item.model.content for item in additions}
    contents |= {
        directory / str(item.model.entry["plate_config"]): item.config for item in additions if item.config is not None
    }
    manifest = directory / MANIFEST
    before = manifest.read_text(encoding="utf-8") if has_manifest(directory) else HEADING
    text = before.rstrip("\n") + "\n" + "".join(_table(item.model) for item in additions)
    contents[manifest] = text.encode("utf-8")
    with io_errors(f"{directory}: cannot be written", ModelError, "nothing was added"):
        _write(directory, contents)
    return list(contents)


def _write(directory: Path, contents: Mapping[Path, bytes]) -> None:
    with ExitStack() as undo:
        renames = []
        for path, content in contents.items():
            temporary = write_temporary(directory, content)
            undo.callback(temporary.unlink, missing_ok=True)
            renames.append((temporary, path))
        for temporary, path in renames:
            temporary.replace(path)
    sync_directory(directory)


def _table(model: ModelFile) -> str:
    """The entry as TOML; JSON's strings and whole numbers are TOML's."""
    lines = (f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in model.entry.items())
    return "\n".join((f"\n[{model.role}.{json.dumps(model.name)}]", *lines)) + "\n"
