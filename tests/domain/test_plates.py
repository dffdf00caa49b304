import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.plates import ALPHABET, EMPTY, canonical, fold_written, typed_plates, written_fault


@pytest.mark.parametrize(
    ("text", "plate"),
    [
        ("7abc123", "7ABC123"),
        ("7ABC 123", "7ABC123"),
        ("ABC-123", "ABC123"),
        ("O0o", "000"),
        ("O-o 12", "0012"),
        ("D0DG", "D0DG"),
        ("IL1", "IL1"),
        ("", ""),
        ("-- ♥ --", ""),
        # Look-alikes of other scripts are no plate characters, nor is what Unicode's upper case makes of some.
        ("\u0410\u0412\u0421", ""),
        ("\uff21\uff22\uff23", ""),
        ("\u00df\u0131\u017f\ufb01", ""),
    ],
)
def test_canonical(text: str, plate: str) -> None:
    assert canonical(text) == plate


@pytest.mark.parametrize(
    ("text", "plates"),
    [
        ("7PIC 462", ("7PIC 462",)),
        ("7ABC123,8ABC 123; 9ABC123", ("7ABC123", "8ABC 123", "9ABC123")),
        ("7ABC123\r\n 8ABC123\n\n", ("7ABC123", "8ABC123")),
        (" , ;\n", ()),
    ],
)
def test_typed_plates_are_parted_by_commas_semicolons_and_line_ends_alone(text: str, plates: tuple[str, ...]) -> None:
    assert typed_plates(text) == plates


@given(st.text())
def test_canonical_holds_only_plate_characters_and_is_settled(text: str) -> None:
    plate = canonical(text)
    assert set(plate) <= set(ALPHABET) - {EMPTY, "O"}
    assert canonical(plate) == plate


@given(st.text())
def test_a_written_text_without_a_fault_loses_no_letter_or_digit(text: str) -> None:
    written = fold_written(text)
    if not written_fault(written):
        characters = [character for character in written if character.isalnum()]
        assert canonical(written) == canonical("".join(characters))
        assert all(character.isascii() for character in characters)


@given(st.text(alphabet=ALPHABET.replace(EMPTY, "").replace("O", ""), max_size=10))
def test_nothing_but_o_is_changed(plate: str) -> None:
    assert canonical(plate.lower()) == plate


def test_a_misread_is_never_an_exact_match() -> None:
    # Green v. San Francisco, 751 F.3d 1039: the car's plate and the one on the hotlist.
    assert canonical("5SOW350") != canonical("5SOW750")
