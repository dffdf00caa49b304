"""Which file of each model a unit runs: float32, or int8 where it was measured to be faster and to find the same.

Whether int8 pays depends on the processor, first of all on whether it has dot products for bytes. Without them weights
of 8 bits can even give other results, as sums of two products saturate in 16 bits. So nothing is assumed: ``alpr-edge
models choose`` measures both on the unit and writes :data:`CHOICE_FILE` into its data folder. A choice counts for the
files, the processor and the ONNX Runtime it was made with; where one of them is another, or the file is not what this
module writes, float32 is used, and the objection is told by ``unit check``, ``status`` and the log.
"""

import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, Self

import onnxruntime as ort
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from alpr_edge.domain.errors import ModelError
from alpr_edge.runtime import no_follow
from alpr_edge.runtime.durable_files import replace_file
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.vision.model_files.manifest import (
    ModelFile,
    Precision,
    find_check,
    find_model,
    find_near,
    find_state_reader,
    has_int8,
)

CPUINFO = Path("/proc/cpuinfo")
BYTES_MAX = 1_000_000
INSTRUCTIONS = (
    "asimd", "asimddp", "i8mm", "sve", "avx2", "avx512bw", "avx512_vnni", "avx_vnni", "avx_vnni_int8", "amx_int8",
)  # fmt: skip
"""Those that ONNX Runtime has kernels for; as Linux names them."""


@dataclass(frozen=True, slots=True)
class Processor:
    """A processor; two that are equal run a model alike."""

    name: str
    """As the maker has it; for Arm, which gives none, the numbers of maker and part of each kind of core."""
    machine: str
    instructions: tuple[str, ...]
    """Those of :data:`INSTRUCTIONS` that it has."""

    def __str__(self) -> str:
        """Name and instructions in one line."""
        return f"{self.name} ({self.machine}: {', '.join(self.instructions) or 'no vector instructions known'})"


def read_processor(cpuinfo: Path = CPUINFO) -> Processor:
    """The processor that Linux tells of; where it tells nothing, the machine's kind alone.

    Args:
        cpuinfo: proc_cpuinfo(5).
    """
    try:
        with cpuinfo.open(encoding="utf-8", errors="replace") as file:
            text = file.read(BYTES_MAX)
    except OSError:
        text = ""
    flags = set(" ".join(_values(text, "flags") + _values(text, "Features")).split())
    there = tuple(name for name in INSTRUCTIONS if name in flags)
    return Processor(_name(text) or "unknown", platform.machine(), there)


def _name(text: str) -> str:
    if names := _values(text, "model name"):
        return names[0]
    cores = zip(_values(text, "CPU implementer"), _values(text, "CPU part"), strict=False)
    return ", ".join(dict.fromkeys(f"{maker} {part}" for maker, part in cores))


def _values(text: str, key: str) -> list[str]:
    return [" ".join(value.split()) for value in re.findall(rf"(?m)^{re.escape(key)}[ \t]*:(.*)$", text)]


CHOICE_FILE = "model-choice.json"
CHOICE_BYTES_MAX = 65_536
FASTER_MIN = 0.1
"""By how much of float32's time int8 must be faster: a tenth is more than medians of the same file differ by."""
SAME_MIN = 0.97
"""Least share of plates on which both must agree: between 0.99 of files that compute right, and 0.85 of one that
saturates (:mod:`alpr_edge.services.models.choice`). A loss of accuracy too small to show here was sought, and not
found, before release (``models/training/release_int8``)."""
COMPARED_MIN = 30
"""Least number of plates that the files are sure of, one that both are sure of counted twice; with fewer there is
nothing to agree on."""
REMEDY = "run: alpr-edge models choose"

Part = Literal["detector", "near", "reader"]
"""The networks of a unit; ``near`` finds near plates beside the detector."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Record(BaseModel):
    """A part of the file: never changed, and holding nothing that this module does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Conditions(_Record):
    """What a choice holds for, beside its files."""

    processor: Annotated[str, Field(max_length=400)]
    onnxruntime: Annotated[str, Field(max_length=40)]


class FileTiming(_Record):
    """One file of a model, and its median time for one inference on one thread."""

    sha256: Sha256
    ms: Annotated[float, Field(gt=0)]


class PartChoice(_Record):
    """The choice for one network: the measurements, and what follows from them."""

    part: Part
    name: Annotated[str, Field(max_length=64)]
    """Its name in the manifest."""
    float32: FileTiming
    int8: FileTiming | None
    """None: it has no int8 file."""
    compared: Annotated[int, Field(ge=0)]
    """Plates that float32 was sure of."""
    same: Annotated[int, Field(ge=0)]
    """Those on which int8 agreed."""
    taken: Precision
    why: Annotated[str, Field(max_length=200)]

    @property
    def time_ms(self) -> float:
        """Milliseconds of the file that is taken."""
        return self.int8.ms if self.taken == "int8" and self.int8 is not None else self.float32.ms

    @model_validator(mode="after")
    def _follows(self) -> Self:
        """Refuse a file that takes what its own measurements do not bear out: nobody edits a choice by hand."""
        if self.taken != judge(self.float32, self.int8, self.compared, self.same)[0]:
            raise ValueError("what is taken does not follow from what was measured")
        return self


class ModelChoice(_Record):
    """A choice for all networks of a unit, and the conditions under which it was made."""

    version: Literal[1] = 1
    made: Annotated[str, Field(max_length=40)]
    """RFC 3339, by the computer's clock, trusted or not."""
    conditions: Conditions
    parts: Annotated[list[PartChoice], Field(min_length=1, max_length=3)]


@dataclass(frozen=True, slots=True)
class ChosenFiles:
    """The files that a unit runs."""

    detector: ModelFile
    near: ModelFile | None
    reader: ModelFile
    precisions: Mapping[Part, Precision]
    choice: ModelChoice | None = None
    """The choice in force; None: there is none that fits."""
    objection: str = ""
    """Why there is none, in one line; empty where no model has an int8 file, and nothing can be chosen."""


def judge(float32: FileTiming, int8: FileTiming | None, compared: int, same: int) -> tuple[Precision, str]:
    """The file to take by what was measured, and the reason."""
    if int8 is None:
        return "float32", "it has no int8 file"
    if compared < COMPARED_MIN:
        return "float32", f"the two files are sure of {compared} plates together, {COMPARED_MIN} are needed"
    if same < SAME_MIN * compared:
        return "float32", f"int8 agrees on {same} of {compared} plates; {SAME_MIN:.0%} are needed"
    faster = 1 - int8.ms / float32.ms
    if faster < FASTER_MIN:
        return "float32", f"int8 takes {int8.ms:.1f} ms, float32 {float32.ms:.1f} ms; {FASTER_MIN:.0%} less is needed"
    return "int8", f"int8 takes {int8.ms:.1f} ms, float32 {float32.ms:.1f} ms; it agrees on {same} of {compared} plates"


def model_parts(directories: Sequence[Path], detector: str, reader: str) -> dict[Part, ModelFile]:
    """The float32 file of each network that the names stand for. Raises ModelError as find_model."""
    first = find_model(directories, "detector", detector)
    near = find_near(directories, first)
    parts: dict[Part, ModelFile] = {"detector": first}
    if near is not None:
        parts["near"] = near
    return parts | {"reader": find_model(directories, "reader", reader)}


def used_models(directories: Sequence[Path], detector: str, reader: str) -> dict[str, ModelFile]:
    """The float32 file of every network that a unit with these names runs. Raises ModelError as find_model."""
    parts = model_parts(directories, detector, reader)
    models = {str(part): model for part, model in parts.items()}
    for model in (find_check(directories, parts["detector"]), find_state_reader(directories, parts["reader"])):
        if model is not None:
            models[model.role] = model
    return models


def chosen_files(
    directories: Sequence[Path],
    names: tuple[str, str],
    data_directory: Path | None,
    precisions: Mapping[Part, Precision] | None = None,
) -> ChosenFiles:
    """The files to run: by the choice in the data folder where it fits, else float32.

    Args:
        data_directory: the unit's data folder; None: this is no unit, and float32 is used.
        precisions: what to take instead, to measure with; a network that is left out is float32.

    Raises:
        ModelError: a float32 file is missing, changed or unusable; an int8 file only where ``precisions`` asks for it.
    """
    parts = model_parts(directories, *names)
    if precisions is not None:
        return _files(directories, parts, precisions)
    if data_directory is None or not any(map(has_int8, parts.values())):
        return _files(directories, parts, {})
    try:
        choice = read_choice(data_directory)
        _require_fit(choice, parts)
        files = _files(directories, parts, {part.part: part.taken for part in choice.parts})
    except ModelError as error:
        files = _files(directories, parts, {})
        return ChosenFiles(files.detector, files.near, files.reader, files.precisions, objection=str(error))
    return ChosenFiles(files.detector, files.near, files.reader, files.precisions, choice)


def read_choice(data_directory: Path) -> ModelChoice:
    """The choice in a data folder.

    Raises:
        ModelError: none was made, or the file cannot be read or is not one that ``models choose`` wrote.
    """
    path = data_directory / CHOICE_FILE
    try:
        with no_follow.opened_folder(data_directory) as folder:
            content = no_follow.read_file(folder, CHOICE_FILE, CHOICE_BYTES_MAX + 1)
        return ModelChoice.model_validate_json(content)
    except FileNotFoundError:
        raise ModelError("no choice between float32 and int8 was made") from None
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from None
    except ValidationError:
        raise ModelError(f"{path}: is no choice of model files as it was written") from None


def write_choice(data_directory: Path, choice: ModelChoice) -> Path:
    """Put a choice in the place of the one before, at once and durable (mode 0600, the folder's owner's).

    Raises:
        ModelError: it cannot be written; the one before still stands.
    """
    path = data_directory / CHOICE_FILE
    with io_errors(f"{path}: cannot be written", ModelError, "the choice before still stands"):
        replace_file(path, choice.model_dump_json(indent=1).encode() + b"\n")
    return path


def present_conditions() -> Conditions:
    """The processor and the ONNX Runtime of this computer."""
    return Conditions(processor=str(read_processor()), onnxruntime=str(ort.__version__))


def _require_fit(choice: ModelChoice, parts: Mapping[Part, ModelFile]) -> None:
    """Raises: ModelError: the choice was made for other files, or on another processor or ONNX Runtime."""
    then, now = choice.conditions, present_conditions()
    if then.processor != now.processor:
        raise ModelError("the choice of model files was made on another processor")
    if then.onnxruntime != now.onnxruntime:
        raise ModelError(
            f"the choice of model files was made with ONNX Runtime {then.onnxruntime}; {now.onnxruntime} is used"
        )
    measured = {part.part: (part.float32.sha256, part.int8 and part.int8.sha256) for part in choice.parts}
    if measured != {part: (model.sha256, _int8_digest(model)) for part, model in parts.items()}:
        raise ModelError("the choice of model files was made for others than those of the settings")


def _int8_digest(model: ModelFile) -> str | None:
    table = model.entry.get("int8")
    return str(table.get("sha256")) if isinstance(table, dict) else None


def _files(
    directories: Sequence[Path], parts: Mapping[Part, ModelFile], precisions: Mapping[Part, Precision]
) -> ChosenFiles:
    files: dict[Part, ModelFile] = {
        part: find_model(directories, model.role, model.name, "int8") if precisions.get(part) == "int8" else model
        for part, model in parts.items()
    }
    used: dict[Part, Precision] = {part: precisions.get(part, "float32") for part in parts}
    return ChosenFiles(files["detector"], files.get("near"), files["reader"], used)
