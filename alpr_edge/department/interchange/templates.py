"""Templates of bodies: TOML files that say what a format calls each value, of JSON, XML or CSV.

A table of the file is a kind of event, and its keys are the names that the format has, in their order. A text such as
``"{plate}"`` stands for a value (:data:`VALUES`) with its type; one with more in it becomes text. All else is as it
stands. A template computes nothing, so one of somebody else's can do no harm but give a value a wrong name.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

from alpr_edge.domain.errors import DepartmentError
from alpr_edge.runtime.io_errors import io_errors
from alpr_edge.settings.base import is_name

BYTES_MAX = 64 * 1024
DEPTH_MAX = 8
PLACEHOLDER = re.compile(r"\{([a-z_0-9]+)\}")
_BUILT_IN = files("alpr_edge.department.interchange") / "templates"
_XML_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
VALUES = {
    "event": "hit, read, correction or withdrawal",
    "event_id": "the id of the event, the same at every try",
    "about_id": "of a correction or withdrawal: the event that it is about",
    "sent_utc": "when the body was made, RFC 3339",
    "department": "the department's name",
    "purpose": "the purpose of the settings",
    "read_id": "the id of the read here; likewise hit_id",
    "hit_id": "empty for a read",
    "unit_id": "the car",
    "camera_id": "its camera",
    "plate": "as it was read",
    "state": "two letters, as the reader saw it",
    "region": "the same as us-ca",
    "confidence": "0 to 1; confidence_percent: 0 to 100",
    "confidence_percent": "",
    "seen_utc": "first seen, RFC 3339; last_utc: last seen",
    "last_utc": "",
    "seen_ms": "first seen, milliseconds since 1970; last_ms: last seen",
    "last_ms": "",
    "seen_date": "first seen, as 2026-05-04 in UTC; seen_time: as 12:30:00.123",
    "seen_time": "",
    "latitude": "degrees; likewise longitude",
    "longitude": "",
    "list": "of a hit: the source of the list",
    "reason": "of a hit: why the plate is wanted",
    "level": "of a hit: notice, routine, high or urgent",
    "entry_plate": "of a hit: as the list has it",
    "entry_state": "",
    "match_kind": "of a hit: exact, confusable or partial; state_match: same, other or unknown",
    "state_match": "",
    "crop_base64": "the picture of the plate, JPEG; scene_base64: of the vehicle; where pictures may go out",
    "scene_base64": "",
}
"""The values that a template may name, with what each is."""
PICTURES = ("crop_base64", "scene_base64")


class BodyForm(StrEnum):
    """How a body is written."""

    JSON = "json"
    XML = "xml"
    CSV = "csv"


class EventKind(StrEnum):
    """The kind of an event that goes out."""

    HIT = "hit"
    READ = "read"
    CORRECTION = "correction"
    """The text of a read that went out was corrected."""
    WITHDRAWAL = "withdrawal"
    """A hit that went out does not hold. It has no plate."""


@dataclass(frozen=True, slots=True)
class BodyTemplate:
    """A template that was checked."""

    name: str
    form: BodyForm
    content_type: str
    trees: Mapping[EventKind, Mapping[str, Any]]
    """By kind of event what the body holds; a kind that is not there does not go out."""

    @property
    def has_pictures(self) -> bool:
        """Whether it has a place for pictures."""
        names = {name for tree in self.trees.values() for name in _names_in(tree)}
        return not names.isdisjoint(PICTURES)


def built_in_templates() -> list[str]:
    """The names of the templates that come with the program."""
    return sorted(each.name.removesuffix(".toml") for each in _BUILT_IN.iterdir() if each.name.endswith(".toml"))


def template_text(name: str) -> str:
    """The file of a template.

    Raises:
        DepartmentError: there is none.
    """
    if is_name(name) and name in built_in_templates():
        return (_BUILT_IN / f"{name}.toml").read_text(encoding="utf-8")
    path = Path(name)
    if not path.is_absolute():
        known = ", ".join(built_in_templates())
        raise DepartmentError(f"{name}: no template of that name; there are {known}, or write the whole path of yours")
    with io_errors(f"{path}: cannot be read", DepartmentError), path.open("rb") as file:
        content = file.read(BYTES_MAX + 1)
    if len(content) > BYTES_MAX:
        raise DepartmentError(f"{path}: longer than {BYTES_MAX} bytes; that is no template")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise DepartmentError(f"{path}: not UTF-8") from None


def load_template(name: str) -> BodyTemplate:
    """Load a template and check it."""
    try:
        table = tomllib.loads(template_text(name))
    except tomllib.TOMLDecodeError as error:
        raise DepartmentError(f"{name}: no TOML: {error}") from None
    form, content_type = table.pop("form", None), table.pop("content_type", None)
    if form not in set(BodyForm) or not isinstance(content_type, str) or not content_type.isprintable():
        raise DepartmentError(f'{name}: form is "json", "xml" or "csv", and content_type a text')
    trees = {}
    for key, tree in table.items():
        if key not in set(EventKind) or not isinstance(tree, dict):
            raise DepartmentError(f"{name}: {key}: a template has the tables {', '.join(EventKind)}")
        _check_tree(f"{name}: {key}", tree, BodyForm(form), EventKind(key))
        trees[EventKind(key)] = tree
    if not {EventKind.HIT, EventKind.READ} & {*trees} or EventKind.WITHDRAWAL not in trees:
        raise DepartmentError(f"{name}: a template needs a table hit or read, and one for the withdrawal")
    return BodyTemplate(name, BodyForm(form), content_type, trees)


def _check_tree(place: str, tree: Mapping[str, Any], form: BodyForm, kind: EventKind) -> None:
    names = set(_names_in(tree))
    if unknown := sorted(names - set(VALUES)):
        raise DepartmentError(f"{place}: {{{unknown[0]}}} is no value; there are {', '.join(VALUES)}")
    if _depth_of(tree) > DEPTH_MAX:
        raise DepartmentError(f"{place}: deeper than {DEPTH_MAX} tables")
    if kind is EventKind.WITHDRAWAL and names & {"plate", "entry_plate", *PICTURES}:
        raise DepartmentError(f"{place}: a withdrawal names no plate; it goes by about_id")
    if form is BodyForm.CSV and not all(_is_plain(value) for value in tree.values()):
        raise DepartmentError(f"{place}: CSV has columns alone, no tables and no lists")
    if form is BodyForm.XML:
        if len(tree) != 1 or not isinstance(next(iter(tree.values())), dict):
            raise DepartmentError(f"{place}: XML has a single root, a table of its own")
        if bad := next((each for each in _keys_of(tree) if not _XML_NAME.fullmatch(each)), None):
            raise DepartmentError(f"{place}: {bad!r} cannot be the name of an element")


def _names_in(value: object) -> Iterator[str]:
    """The placeholders of a tree."""
    if isinstance(value, str):
        yield from PLACEHOLDER.findall(value)
    elif isinstance(value, dict):
        for each in value.values():
            yield from _names_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from _names_in(each)


def _keys_of(value: object) -> Iterator[str]:
    """The names of elements; XML has no lists, and what is one here is refused by its brackets."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _keys_of(each)
    elif not _is_plain(value):
        yield "[]"


def _depth_of(value: object) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max((_depth_of(each) for each in children), default=0)


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)
