"""What every table of a settings file is made of: a strict frozen section, and the types its keys share."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict
from pydantic.fields import FieldInfo

Location = tuple[int | str, ...]
"""Where something stands in a file, as pydantic's errors say it: tables and key, a number for each table in a row."""


def _expand_home(path: Path) -> Path:
    """The path with ``~`` replaced by the home folder."""
    try:
        return path.expanduser()
    except RuntimeError:
        raise ValueError(f"{path.parts[0]} has no home folder here; write the whole path") from None


Fraction = Annotated[float, Field(ge=0, le=1)]
_NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
Name = Annotated[
    str,
    Field(
        pattern=f"^{_NAME}$",
        description="a name of letters, digits, dots, dashes and underscores, at most 64",
    ),
]
FilePath = Annotated[Path, Strict(strict=False), AfterValidator(_expand_home)]
"""A path given as text."""


class Section(BaseModel):
    """A table of a settings file: frozen, nothing unknown, nothing converted in silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


@dataclass(frozen=True, slots=True)
class FileSchema:
    """What a settings file may hold, found by location: the unit's file and the department's are each one."""

    root: type[Section]
    """The whole file."""
    kinds: Mapping[str, Mapping[str, type[Section]]] = field(default_factory=dict)
    """The tables of a row whose ``kind`` says which keys they have, by the row's key, then by kind.

    Pydantic puts the kind behind the number, where it is no key of the file: ("camera", 0, "rtsp", "url").
    """
    current_name: Callable[[Location], str | None] = lambda _: None
    """The name that a key of an earlier release has now; None where its name did not change."""

    def table_at(self, location: Location) -> type[Section] | None:
        if location and location[0] in self.kinds:
            return self.kinds[str(location[0])].get(str(location[2])) if len(location) == 3 else None
        section: type[Section] | None = self.root
        for part in location:
            if section is not None and isinstance(part, str):
                key = section.model_fields.get(part)
                section = None if key is None else _section_of(key.annotation)
        return section

    def field_at(self, location: Location) -> FieldInfo | None:
        """What the schema says of a key, or of one value of a list; None where it has no such key."""
        *above, key = location
        if isinstance(key, int):
            row = self.field_at(tuple(above)) if above else None
            return None if row is None or get_origin(row.annotation) is not tuple else _item_of(row)
        owner = self.table_at(tuple(above))
        return None if owner is None else owner.model_fields.get(key)

    def takes_tables(self, location: Location) -> bool:
        """Whether a key takes tables in a row, ``[[feed]]``."""
        key = self.field_at(location)
        if key is None or get_origin(key.annotation) is not tuple:
            return False
        return self.table_at(location) is not None or (len(location) == 1 and location[0] in self.kinds)

    def key_path(self, location: Location) -> str:
        """The key as the file has it; tables in a row are counted from 0: ``camera[0].fps``."""
        if location and location[0] in self.kinds:
            location = location[:2] + location[3:]
        path = ""
        for part in location:
            path += f"[{part}]" if isinstance(part, int) else f".{part}"
        return path.removeprefix(".")


def _item_of(row: FieldInfo) -> FieldInfo:
    """What the schema says of each value of a list."""
    return FieldInfo.from_annotation(get_args(row.annotation)[0])


def _section_of(kind: Any) -> type[Section] | None:  # noqa: ANN401 - an annotation
    """The section that a key holds, alone or in a row."""
    if get_origin(kind) is tuple:
        kind = get_args(kind)[0]
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def is_name(text: str) -> bool:
    """Whether a text may be a :data:`Name`: the id of a unit, or the name of a list or a model."""
    return re.fullmatch(_NAME, text) is not None


def without_secrets(url: str) -> str:
    """The address without user, password, query and fragment: cameras and lists take passwords in any of them.

    Of one with an @ further on only the kind is told: a password with a slash, which should be written %2F, ends there.
    """
    parts = urlsplit(url)
    if not parts.scheme and "@" not in url:
        return url  # a device or a path
    if "@" in f"{parts.path}{parts.query}{parts.fragment}":
        return f"{parts.scheme}://..."
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


SectionT = TypeVar("SectionT", bound=Section)


def require_order(section: SectionT, lower: str, upper: str) -> SectionT:
    """Return the section; ValueError when its key ``upper`` is below its key ``lower``."""
    low, high = getattr(section, lower), getattr(section, upper)
    if high < low:
        raise ValueError(f"{upper} = {high} is below {lower} = {low}; raise {upper} or lower {lower}")
    return section
