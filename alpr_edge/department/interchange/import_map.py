"""Maps of imports: TOML files that say which column of another system's CSV is what, and how it writes times."""

import hashlib
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, Strict, ValidationError, field_validator

from alpr_edge.domain.errors import DepartmentError
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.settings.base import Section, is_name

BYTES_MAX = 64 * 1024
EPOCH_S, EPOCH_MS, ISO = "epoch_s", "epoch_ms", "iso"
_BUILT_IN = files("alpr_edge.department.interchange") / "maps"
Column = Annotated[str, Field(min_length=1, max_length=200)]


class ColumnsTable(Section):
    """[columns]: the names of columns; what is left out is not in the file."""

    plate: Column
    time: Column | tuple[Column, ...]
    """When it was seen; of several columns the texts joined by a blank."""
    state: Column = ""
    camera: Column = ""
    latitude: Column = ""
    longitude: Column = ""
    confidence: Column = ""
    id: Column = ""
    """The other system's own id of the read, unlike that of any other."""
    crop: Column = ""
    """File names of pictures: of the plate, of the vehicle."""
    scene: Column = ""

    @field_validator("time", mode="before")
    @classmethod
    def _take_list(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @property
    def time_columns(self) -> tuple[str, ...]:
        return (self.time,) if isinstance(self.time, str) else self.time

    @property
    def picture_columns(self) -> dict[Literal["crop", "scene"], str]:
        """The columns of pictures that the file has."""
        columns: dict[Literal["crop", "scene"], str] = {"crop": self.crop, "scene": self.scene}
        return {kind: name for kind, name in columns.items() if name}

    @property
    def names(self) -> list[str]:
        """All columns that the file has to have."""
        others = (self.plate, self.state, self.camera, self.latitude, self.longitude, self.confidence, self.id)
        return [name for name in (*self.time_columns, *others, self.crop, self.scene) if name]


class ImportMap(Section):
    """A whole map."""

    columns: ColumnsTable
    delimiter: Annotated[str, Field(min_length=1, max_length=1, pattern=r"^[,;|\t]$")] = ","
    encoding: Literal["utf-8", "latin-1", "utf-16"] = "utf-8"
    time_format: Annotated[str, Field(min_length=1, max_length=100)] = ISO
    """``iso``, ``epoch_s``, ``epoch_ms``, or as ``strftime`` writes it."""
    time_zone: Annotated[str, Field(max_length=64)] = ""
    """The zone of times that have none; empty: such a time is refused."""
    confidence_scale: Annotated[float, Strict(strict=False), Field(gt=0, le=1000)] = 1.0
    """What the other system calls sure."""

    @field_validator("time_zone")
    @classmethod
    def _require_zone(cls, value: str) -> str:
        try:
            if value:
                ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("no time zone of that name; write it as America/Los_Angeles") from None
        return value

    @property
    def sha256(self) -> str:
        """Digest of what it says."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


def built_in_maps() -> list[str]:
    """The names of the maps that come with the program."""
    return sorted(each.name.removesuffix(".toml") for each in _BUILT_IN.iterdir() if each.name.endswith(".toml"))


def map_text(name: str) -> str:
    """The file of a map.

    Raises:
        DepartmentError: there is none.
    """
    if is_name(name) and name in built_in_maps():
        return (_BUILT_IN / f"{name}.toml").read_text(encoding="utf-8")
    path = Path(name)
    hint = f"name a file, or one of {', '.join(built_in_maps())}"
    with io_errors(f"{path}: cannot be read", DepartmentError, hint), path.open("rb") as file:
        content = file.read(BYTES_MAX + 1)
    try:
        if len(content) <= BYTES_MAX:
            return content.decode()
    except UnicodeDecodeError:
        pass
    raise DepartmentError(f"{path}: no map: a text of {BYTES_MAX} bytes at most")


def load_map(name: str) -> ImportMap:
    """Load a map and check it.

    Raises:
        DepartmentError: there is none, or something in it is wrong.
    """
    try:
        return ImportMap.model_validate(tomllib.loads(map_text(name)))
    except ValidationError as error:
        first = error.errors()[0]
        raise DepartmentError(f"{name}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
    except tomllib.TOMLDecodeError as error:
        raise DepartmentError(f"{name}: no TOML: {error}") from None
