import pytest

from alpr_edge.hotlist.formats import state_codes


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("CA", ("CA", True)),
        (" ca ", ("CA", True)),
        ("0R", ("OR", True)),
        ("New  Hampshire", ("NH", True)),
        ("British Columbia", ("BC", True)),
        ("", (None, True)),
        ("--", (None, True)),
        ("Calif.", (None, False)),
        ("PQ", ("QC", True)),
        ("NK", ("NB", True)),
        ("NF", ("NL", True)),
        ("NB", ("NB", True)),
        ("QQ", (None, False)),
    ],
)
def test_a_state_cell(text: str, meaning: tuple[str | None, bool]) -> None:
    assert state_codes.from_text(text) == meaning


def test_ncic_letters_become_the_posts() -> None:
    assert [state_codes.from_ncic(code) for code in ("CA", "NB", "NK", "NF", "PQ", "  ")] == [
        "CA", "NE", "NB", "NL", "QC", None,
    ]  # fmt: skip
