"""What names a plate or a person is left out, however it is written; what only looks like it stays."""

import random
import string

import pytest

from alpr_edge.diagnostics.support.bundle import LEFT_OUT, LINE_CHARACTERS_MAX, TextFilter

PLATES = ("7ABC123", "5XYZ00O", "BOSS1", "RUN")
PEOPLE = ("Ana Ruiz", "B4711", "ana.ruiz@pd.example", "p-204")


@pytest.fixture
def texts() -> TextFilter:
    return TextFilter(PLATES, PEOPLE)


@pytest.mark.parametrize(
    "line",
    [
        "plate=7ABC123",
        'plate="7abc123"',
        "read 7ABC-123 of camera front",
        "/var/lib/images/7ABC123.jpg",
        "x7ABC123y",
        "https://department/plates/7ABC123?x=1",
        "5XYZ000 and 5XYZ00O are the same",
        "key:BOSS1;",
        "a RUN of it",
        "asked by Ana Ruiz",
        "ANA RUIZ, officer",
        "user=B4711 session=2",
        "mail to ana.ruiz@pd.example failed",
        "person p-204 signed in",
    ],
)
def test_what_names_one_is_left_out(texts: TextFilter, line: str) -> None:
    assert texts.lines(f"before\n{line}\nafter") == "before\nafter\n"
    assert texts.value({"a": [line, 3], "b": None}) == {"a": [LEFT_OUT, 3], "b": None}
    assert texts.value({line: 1}) == {LEFT_OUT: 1}
    assert texts.left_out == 3


@pytest.mark.parametrize(
    "line",
    [
        "level=info event=read.stored read=unit-1:018f-7a",
        "running, runs and overrun",
        "Anabel Ruizinger, B47110, p-2045",
        "capture_to_tone_ms_median 180.0",
        "7ABC12 and ABC123",
        "",
    ],
)
def test_what_only_looks_like_it_stays(texts: TextFilter, line: str) -> None:
    assert texts.lines(line) == (f"{line}\n" if line else "")
    assert texts.value(line) == line
    assert texts.left_out == 0


def test_every_plate_of_many_is_found_in_every_line_form() -> None:
    draw = random.Random(4)
    plates = {"".join(draw.choices(string.ascii_uppercase + string.digits, k=draw.randrange(5, 9))) for _ in range(500)}
    texts = TextFilter(plates, ())
    forms = "plate={}", "{}", '{{"a": "{}"}}', "x/{}/y", "id_{}"
    lines = [draw.choice(forms).format(draw.choice((str.upper, str.lower))(plate)) for plate in sorted(plates)]
    assert texts.lines("\n".join(lines)) == ""
    assert texts.left_out == len(lines)


def test_a_line_is_bounded(texts: TextFilter) -> None:
    assert texts.lines("a " * LINE_CHARACTERS_MAX) == ("a " * (LINE_CHARACTERS_MAX // 2)) + "\n"
