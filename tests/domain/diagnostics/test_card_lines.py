"""What a technician is told of the test card: whether it was read, how surely, and how far plates can be."""

import pytest

from alpr_edge.domain.diagnostics.checks import Check, Grade
from alpr_edge.domain.diagnostics.test_card import (
    CARD_TEXT,
    CardSeen,
    card_among,
    card_checks,
    is_like_card,
    reach_text,
)
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Reading
from tests.domain.readings import reading_of

WIDTH_LIMIT = "green from 80 px, red below 40 px"
NEARER = "hold it nearer, or use a longer lens (unit aim)"


def card(text: str = CARD_TEXT, confidence: float = 0.95, width_px: float = 100, looks: int = 3) -> CardSeen:
    return CardSeen(text, confidence, width_px, looks)


def look(text: str, width_px: float, sharpness: float = 100.0) -> Reading:
    return reading_of(text, box=Box(0, 0, width_px, 50), certainty=0.98, sharpness=sharpness)


@pytest.mark.parametrize(("looks", "said"), [(1, "in 1 picture"), (2, "in 2 pictures"), (9, "in 9 pictures")])
def test_a_card_read_wrong_says_how_often_and_what_to_try(looks: int, said: str) -> None:
    todo = "hold it straight, still and well lit; check focus and exposure, then the models"
    wrong = card("0XEK941", looks=looks)
    assert card_checks("front", wrong) == [Check("front card", Grade.RED, f"read wrong, {said}", "", todo)]


def test_a_card_read_right_says_how_surely() -> None:
    read, width = card_checks("front", card(confidence=0.953), 3.0)
    assert read == Check(
        "front card", Grade.GREEN, "read right, 0.95 sure, in 3 pictures", "green: right and certain", "", 0.953
    )
    reach = "plates to 4.6 m well, to 9.1 m at most"
    expected = Check("front card width", Grade.GREEN, f"100 px; {reach}", WIDTH_LIMIT, "", 100, "px")
    assert width == expected


def test_a_card_read_unsurely_says_what_to_do() -> None:
    read = card_checks("front", card(confidence=0.6, looks=1))[0]
    todo = "read right, but not surely: hold it nearer, straight and still"
    finding = "read right, 0.60 sure, in 1 picture"
    assert read == Check("front card", Grade.AMBER, finding, "green: right and certain", todo, 0.6)


@pytest.mark.parametrize(
    ("width_px", "grade"), [(80, Grade.GREEN), (79, Grade.AMBER), (40, Grade.AMBER), (39, Grade.AMBER)]
)
def test_a_narrow_card_is_held_nearer_and_never_worse_than_amber(width_px: float, grade: Grade) -> None:
    width = card_checks("front", card(width_px=width_px))[1]
    assert (width.name, width.grade, width.value, width.unit) == ("front card width", grade, width_px, "px")
    assert width.finding == f"{width_px} px; {reach_text(width_px, None)}"
    assert (width.limit, width.todo) == (WIDTH_LIMIT, "" if grade is Grade.GREEN else NEARER)


@pytest.mark.parametrize(
    ("widths", "median"), [([90], 90), ([90, 110], 110), ([110, 90, 100], 100), ([130, 90, 100, 110], 110)]
)
def test_the_width_of_a_card_is_the_median_of_its_looks(widths: list[float], median: float) -> None:
    result = card_among([[look(CARD_TEXT, width)] for width in widths])
    assert result is not None
    assert (result[0].width_px, result[0].looks, result[0].text) == (median, len(widths), CARD_TEXT)
    assert result[0].confidence > 0.8


def test_the_sharpest_look_at_the_card_is_given() -> None:
    looks = [look(CARD_TEXT, 100, sharpness) for sharpness in (80.0, 120.0, 100.0)]
    result = card_among([[each] for each in looks])
    assert result is not None
    assert result[1] is looks[1]


def test_of_a_frame_the_reading_most_like_the_card_counts_and_of_equals_the_first() -> None:
    alike, first, second = look("0XEK9", 50), look(CARD_TEXT, 90), look(CARD_TEXT, 110)
    result = card_among([[look("7ABC123", 70), alike, first, second], [look("7ABC123", 70)], []])
    assert result is not None
    assert (result[0].looks, result[0].width_px) == (1, 90)
    assert result[1] is first


@pytest.mark.parametrize(
    ("text", "is_like"), [("0XEK947", True), ("0XE", True), ("0X", False), ("", False), ("749KEX0", False)]
)
def test_half_of_the_card_s_characters_in_their_order_are_like_it(text: str, *, is_like: bool) -> None:
    assert is_like_card(text) == is_like
    assert (card_among([[look(text, 100)]]) is not None) == is_like
