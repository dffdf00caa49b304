import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.recognition.text_distance import LOOK_ALIKE_GROUPS, distance, is_part

texts = st.text("AB10O8", max_size=8)


@given(texts, texts, texts)
def test_it_is_a_distance(one: str, other: str, third: str) -> None:
    assert distance(one, other) == distance(other, one)
    assert distance(one, third) <= distance(one, other) + distance(other, third)
    assert abs(len(one) - len(other)) <= distance(one, other) <= max(len(one), len(other))


@pytest.mark.parametrize("group", LOOK_ALIKE_GROUPS)
def test_confusable_characters_are_no_difference(group: str) -> None:
    assert {distance(f"A{one}C", f"A{other}C") for one in group for other in group} == {0}


@pytest.mark.parametrize(
    ("one", "other", "characters"),
    [("8ABC123", "8ABC123", 0), ("8ABC123", "8ABC124", 1), ("8ABC123", "8ABC12", 1), ("8ABC123", "ABC1234", 2)],
)
def test_characters_changed_added_and_left_out_count(one: str, other: str, characters: int) -> None:
    assert distance(one, other) == characters


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        ("8ABC123", "8ABC123", True),
        ("ABC123", "8ABC123", True),
        ("8BC13", "8ABC123", True),
        ("BABC12", "8ABC123", True),
        ("8AB3", "8ABC123", False),
        ("AB1", "AB12", False),
        ("8CBA12", "8ABC123", False),
        ("8ABC123", "8ABC12", False),
    ],
)
def test_a_part_lacks_one_or_two_characters_and_has_the_rest_in_order(part: str, whole: str, *, expected: bool) -> None:
    assert is_part(part, whole) is expected
