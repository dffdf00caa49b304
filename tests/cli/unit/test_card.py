"""The card: true to scale on paper, and one that the shipped models read."""

import re
from pathlib import Path

import numpy as np
from PIL import Image
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.domain.diagnostics.test_card import CARD_MM
from alpr_edge.simulation.card import draw_card


def card(*words: str) -> Result:
    return CliRunner().invoke(app, ["unit", "card", *words])


def test_the_sheet_and_the_plate_have_their_size_in_millimetres(tmp_path: Path) -> None:
    out = tmp_path / "card.png"
    assert card(str(out)).exit_code == 0
    with Image.open(out) as image:
        dots_a_mm = round(image.info["dpi"][0]) / 25.4
        assert [round(side / dots_a_mm) for side in image.size] == [297, 210]
        row = np.asarray(image.convert("L"))[image.height // 5]
    edges = np.flatnonzero(row < 200)
    assert abs((edges[-1] - edges[0]) / dots_a_mm - CARD_MM) < 0.5


def test_no_bolt_hole_covers_a_word() -> None:
    """Around each place of a hole the plate is bare: no letter reaches into it."""
    sheet = draw_card("a4").min(axis=2)
    left, right = np.flatnonzero((sheet < 200).any(axis=0))[[0, -1]]
    top, width = np.flatnonzero((sheet < 200).any(axis=1))[0], right - left
    height = width / 2
    angles = np.linspace(0, 2 * np.pi, 64)
    for x, y in [(0.21, 0.11), (0.79, 0.11), (0.21, 0.89), (0.79, 0.89)]:
        for radius in (0.036, 0.042):
            rows = np.round(top + height * (y + radius * np.sin(angles))).astype(int)
            columns = np.round(left + width * x + height * radius * np.cos(angles)).astype(int)
            assert sheet[rows, columns].min() > 200, (x, y)


def test_a_pdf_has_the_size_of_its_paper(tmp_path: Path) -> None:
    out = tmp_path / "card.pdf"
    assert card(str(out), "--paper", "letter").exit_code == 0
    box = re.search(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+)", out.read_bytes())
    assert box
    assert [round(float(points)) for points in box.groups()] == [792, 612]


def test_what_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "card.doc", tmp_path / "none" / "card.png"):
        result = card(str(path))
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 1
