"""Writes the body of an event by a template: JSON, XML or CSV.

Whatever a value holds, the body is well-formed: XML gets no character that it cannot have, and no cell of CSV begins
as a formula does, since such files are opened in spreadsheets.
"""

import csv
import io
import json
import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree as ET

from alpr_edge.department.interchange.templates import PLACEHOLDER, BodyForm, BodyTemplate, EventKind

Value = str | int | float | bool | None
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
FORMULA_GUARD = "'"
"""What stands before a text that would begin as a formula."""
_NO_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_body(template: BodyTemplate, kind: EventKind, values: Mapping[str, Value]) -> bytes:
    """The body of an event.

    Args:
        values: the values by their names; one that is not there is empty.
    """
    tree = template.trees[kind]
    if template.form is BodyForm.JSON:
        return json.dumps(_fill(tree, values), ensure_ascii=False, allow_nan=False).encode(errors="replace")
    if template.form is BodyForm.XML:
        ((name, children),) = tree.items()
        root = ET.Element(name)
        _add_elements(root, children, values)
        text = ET.tostring(root, encoding="unicode")
        return f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'.encode()
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(tree)
    writer.writerow([guard_cell(_value_of(value, values)) for value in tree.values()])
    return file.getvalue().encode(errors="replace")


def guard_cell(value: Value) -> str:
    """The text of a cell: a text that would begin as a formula gets an apostrophe in front."""
    text = _text(value)
    if isinstance(value, str) and text.startswith((*FORMULA_STARTS, FORMULA_GUARD)):
        return FORMULA_GUARD + text
    return text


def open_cell(text: str) -> str:
    """What :func:`guard_cell` was given, of a text."""
    rest = text.removeprefix(FORMULA_GUARD)
    return rest if rest != text and rest.startswith((*FORMULA_STARTS, FORMULA_GUARD)) else text


def _fill(part: Any, values: Mapping[str, Value]) -> Any:  # noqa: ANN401 - whatever JSON has
    if isinstance(part, dict):
        return {key: _fill(each, values) for key, each in part.items()}
    if isinstance(part, list):
        return [_fill(each, values) for each in part]
    return _value_of(part, values)


def _add_elements(parent: ET.Element, children: Mapping[str, Any], values: Mapping[str, Value]) -> None:
    for name, part in children.items():
        element = ET.SubElement(parent, name)
        if isinstance(part, dict):
            _add_elements(element, part, values)
        else:
            element.text = _NO_XML.sub("\N{REPLACEMENT CHARACTER}", _text(_value_of(part, values)))


def _value_of(part: Value, values: Mapping[str, Value]) -> Value:
    """The value of a text of the template: that of its placeholder, or the text with all of them filled in."""
    if not isinstance(part, str):
        return part
    if whole := PLACEHOLDER.fullmatch(part):
        return values.get(whole[1])
    return PLACEHOLDER.sub(lambda found: _text(values.get(found[1])), part)


def _text(value: Value) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
