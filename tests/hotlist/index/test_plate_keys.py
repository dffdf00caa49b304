import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.plates import PLATE_LENGTH_MAX
from alpr_edge.hotlist.index.plate_keys import (
    PARTIAL_BIT,
    entry_prints,
    fingerprints,
    marks,
    partial_key,
    plate_key,
    plate_keys,
)

CHARACTERS = "0123456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
PLATES = st.text(CHARACTERS, min_size=1, max_size=PLATE_LENGTH_MAX)
FINGERPRINT = 0xACB5A35C886C6C34
"""Of a text, as sealed files hold it: generations of two releases compare."""
WRONG = ["", "ABC-12", "abc", "ABCO", "A" * (PLATE_LENGTH_MAX + 1), "É", "A\x00", "AB*"]


@given(PLATES, st.text("0AZ", min_size=1, max_size=PLATE_LENGTH_MAX))
def test_a_key_is_one_plates_own_and_keeps_leading_zeros(one: str, other: str) -> None:
    assert (plate_key(one) == plate_key(other)) == (one == other)
    assert 0 < plate_key(one) < PARTIAL_BIT


@given(st.lists(PLATES, max_size=20))
def test_a_batch_has_the_keys_of_its_plates(plates: list[str]) -> None:
    assert plate_keys(plates).tolist() == [plate_key(plate) for plate in plates]


@pytest.mark.parametrize("text", WRONG)
def test_text_that_is_not_canonical_has_no_key_alone_or_in_a_batch(text: str) -> None:
    with pytest.raises(ValueError, match="canonical"):
        plate_key(text)
    with pytest.raises(ValueError, match="canonical"):
        plate_keys(["ABC123", text])


def test_partials_have_keys_of_their_own_behind_all_plates() -> None:
    assert partial_key("AB*") != partial_key("AB?")
    assert all(PARTIAL_BIT <= partial_key(f"AB{digit}*") < 2 * PARTIAL_BIT for digit in range(10))
    assert plate_key("Z" * PLATE_LENGTH_MAX) < PARTIAL_BIT


@given(st.binary(max_size=40), st.lists(st.binary(max_size=40), max_size=5))
def test_a_fingerprint_does_not_depend_on_the_batch(text: bytes, others: list[bytes]) -> None:
    assert fingerprints([text, *others])[0] == fingerprints([text])[0]


def test_fingerprints_of_like_texts_differ() -> None:
    texts = [
        b"",
        b"\0",
        b"\0" * 8,
        *(b"V%010d" % number for number in range(100_000)),
        b"12345678",
        b"1234567812345678",
    ]
    texts += [b"ABCDEFGH" + b"IJKLMNOP", b"IJKLMNOP" + b"ABCDEFGH"]
    assert len(np.unique(fingerprints(texts))) == len(texts)


def test_a_fingerprint_is_the_same_in_every_release() -> None:
    assert fingerprints([b"CA\x1fstolen_vehicle\x1fV123"]).tolist() == [FINGERPRINT]


def test_an_identity_is_of_plate_and_fingerprint() -> None:
    keys = plate_keys(["ABC123", "ABC123", "ABC124", "ABC123"])
    prints = entry_prints([b"1", b"2", b"1", b"1"], [b"x", b"x", b"x", b"y"])
    assert len(np.unique(marks(keys, prints).identities)) == 3
    assert len(np.unique(marks(keys, prints).versions)) == 4
