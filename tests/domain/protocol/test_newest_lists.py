"""The header that names the newest lists: what one side writes the other reads, and nothing else."""

import pytest

from alpr_edge.domain.protocol.newest_lists import LISTS_MAX, newest_lists_text, parse_newest_lists


@pytest.mark.parametrize("serials", [{}, {"amber": 1}, {"doj-svs": 12, "a.b_c": 99_999_999}])
def test_what_is_written_is_read(serials: dict[str, int]) -> None:
    assert parse_newest_lists(newest_lists_text(serials)) == serials


def test_no_more_than_the_bound_is_written_or_read() -> None:
    many = {f"list-{number:03}": number for number in range(LISTS_MAX + 5)}
    told = newest_lists_text(many)
    assert len(parse_newest_lists(told)) == LISTS_MAX
    assert len(parse_newest_lists(",".join(f"{name}=1" for name in many))) == LISTS_MAX
    assert len(told) < 8192, "a header of more is refused on the way"


@pytest.mark.parametrize("text", ["amber", "amber=", "=3", "amber=-1", "amber=3x", "two words=3", "amber=123456789"])
def test_what_is_of_another_form_is_left_out(text: str) -> None:
    assert parse_newest_lists(f"{text},stolen=2") == {"stolen": 2}
