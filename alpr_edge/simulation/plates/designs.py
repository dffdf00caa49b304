"""Plate designs as values: what a region prints where, in which colours, with which serials."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

Rgb = tuple[int, int, int]

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WHITE: Rgb = (242, 242, 240)
BLUE: Rgb = (28, 63, 148)
BLACK: Rgb = (25, 25, 27)


@dataclass(frozen=True, slots=True)
class PlateDesign:
    """One design.

    In a serial template ``A`` stands for a letter, ``1`` for a digit, ``X`` for either, ``{name}`` for an emblem
    drawn between groups; every other mark is printed as it is.
    """

    region: str
    name: str
    serial_templates: tuple[str, ...]
    background_rgb: tuple[Rgb, ...]
    serial_rgb: Rgb
    legend_rgb: Rgb = (60, 60, 60)
    legend_top: str = ""
    legend_bottom: str = ""
    background: str = "solid"
    """``solid``, ``gradient`` (top to bottom) or ``picture``."""
    letters_not_used: str = ""
    is_embossed: bool = True
    width_mm: int = 305
    height_mm: int = 152
    band: str = ""
    """``left`` for the blue European band, ``top`` for Mercosul's, else empty."""
    spacing: str = "uniform"
    """``uniform``: cells of one width; ``proportional``: each character as wide as its face draws it."""
    stacked_letters: str = ""
    """Small characters one above another before the serial; no part of the text."""


def _white(region: str, name: str, templates: Sequence[str], rgb: Rgb, top: str, bottom: str) -> PlateDesign:
    return PlateDesign(region, name, tuple(templates), (WHITE,), rgb, (200, 32, 45), top, bottom)


_EUROPEAN = (
    "A 11 AAA", "A 111 AAA", "AA 11 AAA", "AA-111-AA", "AAA-111", "AAA 1111", "AA 11111", "AA 111A", "1A1 1111",
    "AA-111AA", "AA{arms}111AA", "AA{seals}A 111", "A{seals}AA 1111", "AAA{seals}A 11", "AA{arms}111 A",
    "AAA{seals}11-11",
)  # fmt: skip

BUILT_IN_DESIGNS: tuple[PlateDesign, ...] = (
    PlateDesign(
        "CA", "red script", ("1AAA111",), (WHITE,), BLUE, (200, 32, 45), "California", "dmv.ca.gov",
        letters_not_used="IOQ",
    ),
    PlateDesign(
        "CA", "1960s Legacy", ("A111A1",), ((22, 22, 24),), (247, 184, 24), (247, 184, 24), "CALIFORNIA",
        letters_not_used="IOQ",
    ),
    _white("CA", "commercial", ("11111A1", "1A11111"), BLUE, "California", "dmv.ca.gov"),
    _white("TX", "Classic", ("AAA{texas}1111", "AAA-1111"), BLACK, "TEXAS", "The Lone Star State"),
    PlateDesign(
        "NY", "Empire Gold", ("AAA{new_york}1111",), ((240, 170, 40),), (20, 30, 80), (20, 30, 80), "NEW YORK",
        "EMPIRE STATE", letters_not_used="IOQ",
    ),
    PlateDesign(
        "AZ", "desert sunset", ("AAA1111", "XXA1AXA"), ((120, 90, 150), (235, 170, 120), (245, 235, 215)), (15, 75, 65),
        (240, 240, 240), "ARIZONA", "GRAND CANYON STATE", "gradient", is_embossed=False,
    ),
    PlateDesign(
        "NV", "Home Means Nevada", ("111{nevada}A11",), ((95, 150, 190), WHITE, (110, 130, 120)), (30, 45, 105),
        (30, 45, 105), "NEVADA", "HOME MEANS NEVADA", "picture",
    ),
    PlateDesign(
        "IL", "Lincoln", ("AA 11111", "A11 1111"), ((165, 200, 230), WHITE), (185, 30, 40), (40, 60, 130), "Illinois",
        "Land of Lincoln", "gradient",
    ),
    PlateDesign(
        "EU", "white", _EUROPEAN, (WHITE,), BLACK, (150, 60, 60), width_mm=520, height_mm=110, band="left",
    ),
    PlateDesign(
        "EU", "yellow", ("AA11 AAA", "A111 AAA", "AA-111-A", "11-AAA-1", "AA 1111"), ((235, 190, 40),), BLACK,
        width_mm=520, height_mm=110, band="left",
    ),
    PlateDesign(
        "BR", "grey", ("AAA-1111",), ((190, 192, 190),), BLACK, BLACK, "SP-SAO PAULO", width_mm=400, height_mm=130
    ),
    PlateDesign(
        "BR", "Mercosul", ("AAA1A11",), (WHITE,), BLACK, WHITE, "BRASIL", width_mm=400, height_mm=130, band="top",
        is_embossed=False,
    ),
)  # fmt: skip


def designs_from_facts(path: Path) -> tuple[PlateDesign, ...]:
    """The designs of a file of facts, one object a design."""
    facts = json.loads(path.read_text(encoding="utf-8"))
    return tuple(_from_fact(fact) for fact in facts)


def _from_fact(fact: dict[str, Any]) -> PlateDesign:
    region = str(fact["state"])
    colours = tuple(_rgb(colour) for colour in fact["background"]["colours_rgb"])
    width_in, height_in = fact["plate_size_in"]
    return PlateDesign(
        region=region,
        name=str(fact["name"]),
        serial_templates=tuple(_template(str(p["display_template"]), region) for p in fact["serial_patterns"]),
        background_rgb=colours,
        serial_rgb=_rgb(fact["serial_rgb"]),
        legend_rgb=_rgb(fact["legend_rgb"] or fact["serial_rgb"]),
        legend_top=_legend(fact["legend_top"]),
        legend_bottom=_legend(fact["legend_bottom"]),
        background=str(fact["background"]["kind"]),
        letters_not_used=_skipped_letters(fact["letters_not_used"]),
        is_embossed=bool(fact["embossed"]),
        width_mm=round(width_in * 25.4),
        height_mm=round(height_in * 25.4),
    )


def _rgb(values: Sequence[int]) -> Rgb:
    red, green, blue = (int(value) for value in values)
    return red, green, blue


def _template(display: str, region: str) -> str:
    """Month digits (``M``) are digits to a renderer; in Hawaii M is the county of Maui."""
    return display if region == "HI" else display.replace("M", "1")


def _legend(text: str | None) -> str:
    """The first of several legends, without remarks in brackets."""
    return (text or "").split("(")[0].split(";")[0].split(" or ")[0].split("/")[0].strip()


def _skipped_letters(text: str | None) -> str:
    """Letters a state skips; a list with remarks holds for some places only and is not used."""
    if not text or "(" in text:
        return ""
    return "".join(part for part in text.replace(",", " ").split() if len(part) == 1 and part.isalpha())


def random_serial(design: PlateDesign, rng: np.random.Generator) -> str:
    """A serial of the design: letters and digits as printed, without separators and emblems."""
    template = design.serial_templates[int(rng.integers(len(design.serial_templates)))]
    letters = [letter for letter in LETTERS if letter not in design.letters_not_used]
    return "".join(_draw(mark, letters, rng) for mark in marks(template) if len(mark) == 1 and mark.isalnum())


def _draw(mark: str, letters: Sequence[str], rng: np.random.Generator) -> str:
    pools = {"A": letters, "1": DIGITS, "X": (*letters, *DIGITS)}
    pool = pools.get(mark, mark)
    return str(pool[int(rng.integers(len(pool)))])


def marks(template: str) -> list[str]:
    """The template's marks in order; an emblem is one mark with its braces."""
    parts: list[str] = []
    rest = template
    while rest:
        end = rest.index("}") + 1 if rest.startswith("{") else 1
        parts.append(rest[:end])
        rest = rest[end:]
    return parts


def layout(text: str, design: PlateDesign, rng: np.random.Generator) -> list[str]:
    """The marks to print for a serial: with the separators of a template that fits, else the text alone."""
    prefix = [f"/{design.stacked_letters}"] if design.stacked_letters else []
    fitting = [template for template in design.serial_templates if _fits(text, template)]
    if not fitting:
        return prefix + list(text)
    characters = iter(text)
    template = fitting[int(rng.integers(len(fitting)))]
    return prefix + [next(characters) if len(mark) == 1 and mark.isalnum() else mark for mark in marks(template)]


def _fits(text: str, template: str) -> bool:
    slots = [mark for mark in marks(template) if len(mark) == 1 and mark.isalnum()]
    return len(slots) == len(text) and all(map(_matches, text, slots))


def _matches(character: str, slot: str) -> bool:
    if slot == "A":
        return character in LETTERS
    if slot == "1":
        return character in DIGITS
    return slot in {"X", character}
