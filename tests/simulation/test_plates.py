"""The plate renderer."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpr_edge.simulation.plates.designs import DIGITS, LETTERS, layout, marks
from alpr_edge.simulation.plates.renderer import (
    BUILT_IN_DESIGNS,
    PlateDesign,
    designs_from_facts,
    random_serial,
    render_plate,
)

DESIGNS = st.sampled_from(BUILT_IN_DESIGNS)
SEEDS = st.integers(0, 2**32 - 1)
TEXTS = st.text(LETTERS + DIGITS, min_size=1, max_size=8)


def fits(text: str, template: str) -> bool:
    slots = [mark for mark in marks(template) if mark.isalnum()]
    kinds = {"A": LETTERS, "1": DIGITS, "X": LETTERS + DIGITS}
    return len(slots) == len(text) and all(c in kinds.get(s, s) for c, s in zip(text, slots, strict=True))


@given(DESIGNS, SEEDS)
def test_a_serial_fits_one_of_its_designs_templates(design: PlateDesign, seed: int) -> None:
    text = random_serial(design, np.random.default_rng(seed))
    assert any(fits(text, template) for template in design.serial_templates)
    letters = {c for c in text if c.isalpha()}
    assert not letters & set(design.letters_not_used)


@given(DESIGNS, SEEDS)
def test_what_is_printed_holds_exactly_the_serial(design: PlateDesign, seed: int) -> None:
    rng = np.random.default_rng(seed)
    text = random_serial(design, rng)
    serial_marks = layout(text, design, rng)
    assert "".join(mark for mark in serial_marks if mark.isalnum()) == text


@settings(max_examples=25, deadline=None)
@given(TEXTS, DESIGNS, SEEDS, st.integers(24, 160))
def test_the_serial_lies_inside_the_plate(text: str, design: PlateDesign, seed: int, height_px: int) -> None:
    plate = render_plate(text, design, np.random.default_rng(seed), height_px)
    height, width = plate.pixels.shape[:2]
    left, top, right, bottom = plate.serial_box_px
    assert height == height_px
    assert width == round(height_px * design.width_mm / design.height_mm)
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert plate.corners_px == ((0, 0), (width, 0), (width, height), (0, height))


@pytest.mark.parametrize("design", BUILT_IN_DESIGNS, ids=lambda design: f"{design.region} {design.name}")
def test_one_seed_gives_one_picture(design: PlateDesign) -> None:
    first, again = (render_plate("7ABC123", design, np.random.default_rng(7)) for _ in range(2))
    other = render_plate("7ABC123", design, np.random.default_rng(8))
    assert np.array_equal(first.pixels, again.pixels)
    assert not np.array_equal(first.pixels, other.pixels)


def test_the_serial_stands_out_from_its_ground() -> None:
    plate = render_plate("8XBT482", BUILT_IN_DESIGNS[0], np.random.default_rng(3))
    left, top, right, bottom = plate.serial_box_px
    grey = plate.pixels[top:bottom, left:right].mean(axis=2)
    assert np.percentile(grey, 90) - np.percentile(grey, 10) > 60


def test_small_stacked_characters_are_no_part_of_the_serial() -> None:
    design = PlateDesign("NC", "fire", ("1111",), ((242, 242, 240),), (25, 25, 27), stacked_letters="VF")
    rng = np.random.default_rng(1)
    assert layout("3887", design, rng) == ["/VF", "3", "8", "8", "7"]
    assert render_plate("3887", design, rng).text == "3887"


def test_a_text_without_template_is_printed_as_it_is() -> None:
    assert layout("HI", BUILT_IN_DESIGNS[0], np.random.default_rng(1)) == ["H", "I"]


def test_corners_of_the_metal_are_rounded() -> None:
    outline = render_plate("8XBT482", BUILT_IN_DESIGNS[0], np.random.default_rng(3)).outline
    assert outline[0, 0] == 0
    assert outline[outline.shape[0] // 2, outline.shape[1] // 2] == 255


def fact(**changes: object) -> dict[str, object]:
    return {
        "state": "NC",
        "name": "made up",
        "serial_patterns": [{"display_template": "AAA-111M"}],
        "background": {"kind": "solid", "colours_rgb": [[240, 240, 240]]},
        "serial_rgb": [10, 20, 30],
        "legend_rgb": None,
        "legend_top": "First in Flight (script)",
        "legend_bottom": None,
        "letters_not_used": "I, O, Q",
        "embossed": True,
        "plate_size_in": [12, 6],
        **changes,
    }


def test_facts_become_designs(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_text(json.dumps([fact(), fact(state="HI"), fact(letters_not_used="I O Q (first letter only)")]))
    usual, hawaii, with_remark = designs_from_facts(path)
    assert usual.serial_templates == ("AAA-1111",)
    assert (usual.legend_top, usual.legend_bottom) == ("First in Flight", "")
    assert (usual.letters_not_used, with_remark.letters_not_used) == ("IOQ", "")
    assert usual.legend_rgb == (10, 20, 30)
    assert (usual.width_mm, usual.height_mm) == (305, 152)
    assert hawaii.serial_templates == ("AAA-111M",)


def test_with_spacing_of_their_own_narrow_characters_take_less_room() -> None:
    uniform = PlateDesign(
        "EU", "x", ("A 111",), ((242, 242, 240),), (25, 25, 27), width_mm=520, height_mm=111, band="left"
    )

    def width_px(design: PlateDesign, text: str) -> int:
        left, _, right, _ = render_plate(text, design, np.random.default_rng(4), 111).serial_box_px
        return right - left

    proportional = replace(uniform, spacing="proportional")
    assert width_px(proportional, "I111") < 0.7 * width_px(proportional, "W888")
    assert width_px(uniform, "I111") > 0.8 * width_px(uniform, "W888")
