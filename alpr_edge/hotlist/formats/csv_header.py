"""Finds the meaning of each column of a delimited feed: by the names feeds use, or as the settings say."""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alpr_edge.domain.errors import FeedError
from alpr_edge.hotlist.formats.base import Rules, clean

_DELIMITERS = ",;\t:"
COLUMN_NAME_MAX = 40
"""Longest name of an unread column in reports."""
UNREAD_MAX = 50
"""Most unread columns that are named."""
_EXPIRY_BEGINNINGS = ("expir", "validuntil", "validto", "validthr")
_NOT_WORD = re.compile("[^a-z0-9]+")
ROLES: dict[str, tuple[str, ...]] = {
    "plate": (
        "platenumber", "plate", "licenseplate", "licenseplatenumber", "plateno", "platenum", "licenceplate",
        "licenceplatenumber",
    ),
    "state": ("stateprovince", "platestate", "state", "province", "licensestate", "licenseplatestate"),
    "reason": ("category", "reason", "description"),
    "remarks": ("remarks", "notes", "comments", "remark", "note", "comment", "description"),
    "record_id": ("recordid", "id", "ncicnumber", "recordnumber", "casenumber"),
    "case": ("casenumber", "oca", "case", "caseno"),
    "effective": (
        "effectivedate", "startdate", "effective", "effectivefrom", "start", "begindate", "validfrom",
    ),
    "expires": (
        "expirydate", "expirationdate", "enddate", "expires", "expireson", "expiresat", "expiration", "expiry",
        "expire", "expiredate", "expiresdate", "expirationdatetime", "expirydatetime", "end", "endsat", "validuntil",
        "validto", "validthru", "validthrough",
    ),
    "year": ("vehicleyear", "year", "modelyear"),
    "make": ("vehiclemake", "make"),
    "model": ("vehiclemodel", "model"),
    "vehicle": ("vehicle", "vehicledescription", "vehicledesc"),
    "colour": ("vehiclecolor", "vehiclecolour", "color", "colour"),
}  # fmt: skip
"""Names of a column by role, lower case without spaces; the first name present is taken."""

VEHICLE_ROLES = ("year", "make", "model", "vehicle", "colour")
"""The roles whose cells are joined to a vehicle's text."""


@dataclass(frozen=True, slots=True)
class Header:
    """The columns of a feed."""

    delimiter: str
    width: int
    """How many columns a row has."""
    places: Mapping[str, int]
    """The column of each role that there is, from 0."""
    names: Mapping[str, str]
    """What each role's column is called in reports."""
    unread: tuple[str, ...] = ()
    """Names of the columns that nothing is read from."""


def header_of(line: str, number: int, rules: Rules) -> Header:
    """Read a header row; without one, the settings' numbers and the width of the first row."""
    wrong = sorted(set(rules.columns) - set(ROLES))
    if wrong:
        raise FeedError(f"columns: no role is called {wrong[0]!r}; known are {', '.join(ROLES)}")
    if not line.strip():
        raise FeedError(f"line {number}: empty; download the feed again")
    if not rules.header:
        return _numbered_header(line, rules)
    delimiter, names = _split_header(line, rules)
    places = _places(names, number, rules.columns)
    if "plate" not in places:
        raise FeedError(f"line {number}: no header row with a plate column; name it Plate Number")
    unread = tuple(clean(name, COLUMN_NAME_MAX) for place, name in enumerate(names) if place not in places.values())
    if "expires" not in rules.columns:
        _require_expiry_read(unread, number)
    report_names = _report_names(places, [name.strip() for name in names])
    return Header(delimiter, len(names), places, report_names, tuple(name for name in unread if name)[:UNREAD_MAX])


def _require_expiry_read(unread: Sequence[str], number: int) -> None:
    """Refuse a header with a column that nothing is read from and that tells how long entries hold."""
    name = next((name for name in unread if _normal_name(name).startswith(_EXPIRY_BEGINNINGS)), None)
    if name is not None:
        raise FeedError(
            f"line {number}: nothing is read from the column {name!r}, which seems to say how long an entry holds; "
            "say in the source's settings which column that is: columns.expires"
        )


def _numbered_header(line: str, rules: Rules) -> Header:
    delimiter = rules.delimiter or ","
    width = len(_cells(line, delimiter))
    places = {}
    for role, text in rules.columns.items():
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= width):
            raise FeedError(f"columns: without a header row {role} is a number from 1 to {width}, not {text!r}")
        places[role] = int(text) - 1
    if "plate" not in places:
        raise FeedError("columns: without a header row the settings say which column is the plate's")
    return Header(delimiter, width, places, _report_names(places, [str(place + 1) for place in range(width)]))


def _report_names(places: Mapping[str, int], names: Sequence[str]) -> dict[str, str]:
    return {role: names[places[role]] if role in places else "-" for role in ROLES}


def _normal_name(name: str) -> str:
    return _NOT_WORD.sub("", name.lower())


def _split_header(header: str, rules: Rules) -> tuple[str, list[str]]:
    """The delimiter and the column names of the header row."""
    column_names = {name for names in ROLES.values() for name in names} | {
        _normal_name(name) for name in rules.columns.values()
    }
    best: tuple[int, str, list[str]] = (0, ",", [])
    for delimiter in rules.delimiter or _DELIMITERS:
        names = _cells(header, delimiter)
        count = sum(_normal_name(name) in column_names for name in names)
        if count > best[0]:
            best = (count, delimiter, names)
    return best[1], best[2]


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def _places(names: Sequence[str], number: int, names_in_settings: Mapping[str, str]) -> dict[str, int]:
    """Find the column that each role is read from."""
    keys = [_normal_name(name) for name in names]
    places: dict[str, int] = {}
    for role, role_names in ROLES.items():
        candidates = (_normal_name(names_in_settings[role]),) if role in names_in_settings else role_names
        name = next((name for name in candidates if name in keys), None)
        if name is None:
            if role in names_in_settings:
                raise FeedError(
                    f"line {number}: no column is called {names_in_settings[role]!r}, as the settings have it"
                )
            continue
        if keys.count(name) > 1:
            raise FeedError(f"line {number}: two columns are called {names[keys.index(name)].strip()!r}; rename one")
        # A description that was taken for the reason is not used for the remarks as well, nor a case for the record's.
        if keys.index(name) not in places.values():
            places[role] = keys.index(name)
    return places
