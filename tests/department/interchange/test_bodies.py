"""Each format gives back the values that were put in, whatever they are, and follows its fixture."""

import csv
import io
import itertools
import json
import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpr_edge.department.interchange.bodies import FORMULA_STARTS, Value, open_cell, write_body
from alpr_edge.department.interchange.templates import (
    VALUES,
    BodyForm,
    EventKind,
    built_in_templates,
    load_template,
    template_text,
)
from alpr_edge.domain.errors import DepartmentError

Tree = Any
"""Whatever JSON has."""
FIXTURES = Path(__file__).with_name("fixtures")
TEMPLATES = built_in_templates()
KINDS = [(name, kind) for name in TEMPLATES for kind in load_template(name).trees]
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
"""All texts that UTF-8 can write; a database gives no others."""
XML_TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=20)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)
EXAMPLE: dict[str, Value] = {
    "event_id": "evt_1",
    "about_id": "evt_0",
    "sent_utc": "2026-05-04T12:31:00.000Z",
    "department": "Modesto PD",
    "purpose": "stolen vehicles",
    "read_id": "unit-1:r1",
    "hit_id": "unit-1:h1",
    "unit_id": "unit-1",
    "camera_id": "front",
    "plate": "7ABC123",
    "state": "CA",
    "region": "us-ca",
    "confidence": 0.93,
    "confidence_percent": 93.0,
    "seen_utc": "2026-05-04T12:30:00.123Z",
    "last_utc": "2026-05-04T12:30:00.523Z",
    "seen_ms": 1777897800123,
    "last_ms": 1777897800523,
    "seen_date": "2026-05-04",
    "seen_time": "12:30:00.123",
    "latitude": 37.64,
    "longitude": -120.99,
    "list": "doj-svs",
    "reason": "stolen_vehicle",
    "level": "high",
    "entry_plate": "7ABC123",
    "entry_state": "CA",
    "match_kind": "exact",
    "state_match": "same",
}


def leaves(part: Tree, found: Tree) -> list[tuple[str, Tree]]:
    """Each placeholder of a tree with what stands in its place in a body."""
    if isinstance(part, dict):
        return [pair for key, each in part.items() for pair in leaves(each, found[key])]
    if isinstance(part, list):
        assert len(part) == len(found)
        return [pair for each, other in zip(part, found, strict=True) for pair in leaves(each, other)]
    return [(part[1:-1], found)] if isinstance(part, str) and part[:1] == "{" and part.count("{") == 1 else []


def tree_of(element: ET.Element) -> Tree:
    return {child.tag: tree_of(child) for child in element} if len(element) else element.text or ""


def parse_body(form: BodyForm, body: bytes) -> Tree:
    """A body as a receiver reads it."""
    if form is BodyForm.JSON:
        return json.loads(body)
    if form is BodyForm.XML:
        root = ET.fromstring(body)
        return {root.tag: tree_of(root)}
    names, cells = csv.reader(io.StringIO(body.decode(), newline=""))
    return dict(zip(names, cells, strict=True))


@pytest.mark.parametrize(("name", "kind"), KINDS)
@settings(max_examples=20)
@given(st.data())
def test_what_is_written_is_read_back(name: str, kind: EventKind, data: st.DataObject) -> None:
    template = load_template(name)
    texts = XML_TEXTS if template.form is BodyForm.XML else TEXTS
    drawn = data.draw(st.lists(texts | NUMBERS | st.none(), min_size=2, max_size=7))
    values: dict[str, Value] = dict(zip(VALUES, itertools.cycle(drawn), strict=False))
    values["event"] = kind.value
    found = leaves(template.trees[kind], parse_body(template.form, write_body(template, kind, values)))
    assert found
    for value_name, value in found:
        expected = values[value_name]
        if template.form is BodyForm.JSON:
            assert value == expected
        elif isinstance(expected, str):
            assert (open_cell(value) if template.form is BodyForm.CSV else value) == expected
        else:
            assert value == ("" if expected is None else str(expected))
            assert expected is None or math.isclose(float(value), expected)


@given(TEXTS)
def test_no_cell_begins_as_a_formula_and_no_character_breaks_xml(text: str) -> None:
    values: dict[str, Value] = {"plate": text, "event": "hit", "latitude": -3.5}
    cells = parse_body(BodyForm.CSV, write_body(load_template("genetec-csv"), EventKind.HIT, values))
    assert not cells["Plate"].startswith(FORMULA_STARTS)
    assert cells["LatitudeY"] == "-3.5", "a number is none"
    ET.fromstring(write_body(load_template("genetec-xml"), EventKind.HIT, values))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_format_follows_its_fixture(name: str) -> None:
    template = load_template(name)
    written = b"".join(
        b"-- %s\n%s\n"
        % (kind.value.encode(), show_body(template.form, write_body(template, kind, EXAMPLE | {"event": kind})))
        for kind in template.trees
    )
    assert written == (FIXTURES / f"{name}.txt").read_bytes()


def show_body(form: BodyForm, body: bytes) -> bytes:
    return json.dumps(json.loads(body), indent=1).encode() if form is BodyForm.JSON else body


def test_every_template_says_that_it_was_not_tried_against_the_product() -> None:
    for name in TEMPLATES:
        text = template_text(name).replace("\n# ", " ").lower()
        assert "not tried against a product of" in text or name == "alpr-edge", name


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("form = 1", 'form is "json", "xml" or "csv"'),
        ('form = "json"\ncontent_type = "a/b"\n[hits]\na = "b"', "hits: a template has the tables hit, read"),
        ('form = "json"\ncontent_type = "a/b"\n[hit]\na = "{plat}"', "{plat} is no value; there are event"),
        ('form = "json"\ncontent_type = "a/b"\n[hit]\na = "b"', "one for the withdrawal"),
        ('form = "json"\ncontent_type = "a/b"\n[withdrawal]\na = "{plate}"', "a withdrawal names no plate"),
        ('form = "csv"\ncontent_type = "a/b"\n[hit]\na = ["b"]', "CSV has columns alone"),
        ('form = "xml"\ncontent_type = "a/b"\n[hit]\na = "b"', "XML has a single root"),
        ('form = "xml"\ncontent_type = "a/b"\n[hit.a]\n"b c" = "b"', "'b c' cannot be the name of an element"),
        ('form = "xml"\ncontent_type = "a/b"\n[hit.a]\nb = ["x"]', "cannot be the name of an element"),
        ("form = ", "no TOML"),
    ],
)
def test_a_template_that_will_not_do_is_told_in_a_line(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(DepartmentError) as error_info:
        load_template(str(path))
    assert fault in str(error_info.value)


def test_a_template_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(DepartmentError, match="there are alpr-edge, flock-webhook, genetec-csv"):
        load_template("rekor")
