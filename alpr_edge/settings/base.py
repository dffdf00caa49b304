"""What every table of the settings file is made of: a strict frozen section, and the types its keys share."""

import re
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, Strict


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
    """A table of the settings file: frozen, nothing unknown, nothing converted in silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def is_name(text: str) -> bool:
    """Whether a text may be a :data:`Name`: the id of a unit, or the name of a list or a model."""
    return re.fullmatch(_NAME, text) is not None


def without_secrets(url: str) -> str:
    """The address without user, password, query and fragment: cameras and lists take passwords in any of them.

    Of one with an @ further on only the kind is told: a password with a slash, which should be written %2F, ends there.
    """
    parts = urlsplit(url)
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
