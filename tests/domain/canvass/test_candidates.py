import re

from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.canvass.candidates import FitKind, PartialFit, partial_fits
from alpr_edge.domain.matching import CONFUSABLE_MIN, CONFUSABLES_MAX
from alpr_edge.domain.patterns import PatternSet
from alpr_edge.domain.reads import Alternative

PLATES = st.text("1AB", min_size=3, max_size=4)


def test_a_read_fits_by_its_text_or_by_another_that_the_reader_considered() -> None:
    partials = PatternSet(["7AB*", "*128", "7ABC123", "XX*"])
    others = [Alternative("7ABC128", 0.04), Alternative("7XX128", 0.001)]
    assert partial_fits("7ABC123", 0.93, others, partials) == (
        PartialFit("7AB*", FitKind.TEXT, "7ABC123", 0.93),
        PartialFit("7ABC123", FitKind.TEXT, "7ABC123", 0.93),
        PartialFit("*128", FitKind.ALTERNATIVE, "7ABC128", 0.04),
    )


def test_without_partial_plates_nothing_is_a_candidate() -> None:
    assert partial_fits("7ABC123", 0.93, (), PatternSet([])) == ()


@given(
    PLATES, st.lists(st.tuples(PLATES, st.floats(0, 1)), max_size=6), st.lists(st.text("1AB?*", min_size=2, max_size=5))
)
def test_a_candidate_is_what_a_regular_expression_says(
    plate: str, others: list[tuple[str, float]], texts: list[str]
) -> None:
    known = [text for text in dict.fromkeys(texts) if "**" not in text and "*?" not in text]
    partials = [text for text in known if sum(character in "1AB" for character in text) >= 2]
    considered = [text for text, confidence in others[:CONFUSABLES_MAX] if confidence >= CONFUSABLE_MIN]
    alternatives = [Alternative(*other) for other in others]
    found = {fit.partial: fit.kind for fit in partial_fits(plate, 0.9, alternatives, PatternSet(partials))}
    for partial in partials:
        meaning = re.compile(partial.replace("?", ".").replace("*", ".*"))
        by_text, by_other = meaning.fullmatch(plate), any(map(meaning.fullmatch, considered))
        expected = FitKind.TEXT if by_text else FitKind.ALTERNATIVE if by_other else None
        assert found.get(partial) == expected
