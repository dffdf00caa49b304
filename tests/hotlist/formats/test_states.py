import pytest

from alpr_edge.domain.alerting import MatchContext, Tone, tone_of
from alpr_edge.domain.hits import Generation, Hit, MatchKind
from alpr_edge.domain.matching import state_match
from alpr_edge.hotlist.formats import state_codes
from tests.hotlist.feed_texts import NOW, csv_records, csv_text, only_entry
from tests.store.records import instant

_FOREIGN_NAMES = (
    *("Aguascalientes", "Baja California", "Baja California Sur", "Campeche", "Chihuahua", "Chiapas", "Colima"),
    *("Coahuila", "Distrito Federal", "Durango", "Guerrero", "Hidalgo", "Jalisco", "Michoacán", "Morelos", "Oaxaca"),
    *("Puebla", "Quintana Roo", "Querétaro", "Sinaloa", "San Luis Potosí", "Sonora", "Tamaulipas", "Tabasco"),
    *("Tlaxcala", "Veracruz", "Yucatán", "Zacatecas", "Guanajuato", "Nayarit", "Nuevo León", "Mexico", "Canada"),
)


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
        ("Québec", ("QC", True)),
        ("SN", ("SK", True)),
        ("GM", ("GU", True)),
        ("MX", ("MX", False)),
        ("MM", ("MX", False)),
        ("México", ("MX", False)),
        ("Nuevo  León", ("MX", False)),
        ("BJ", ("BJ", False)),
        ("S0", ("SO", False)),
        ("Baja California", ("BA", False)),
        ("Canada", ("CD", False)),
        ("CN", ("CN", False)),
        ("NA", (None, True)),
        ("GU", ("GU", True)),
        ("US", (None, False)),
    ],
)
def test_a_state_cell(text: str, meaning: tuple[str | None, bool]) -> None:
    assert state_codes.from_text(text) == meaning


def test_ncic_letters_become_the_posts() -> None:
    assert [state_codes.from_ncic(code) for code in ("CA", "NB", "NK", "NF", "PQ", "  ")] == [
        "CA", "NE", "NB", "NL", "QC", None,
    ]  # fmt: skip


def test_ncics_letters_of_foreign_places_and_of_the_federal_government_stay() -> None:
    codes = ("SO", "MM", "CD", "US", "QQ", "XX")
    assert [state_codes.from_ncic(code) for code in codes] == ["SO", "MX", "CD", "US", None, None]


def test_no_foreign_place_has_the_letters_of_a_state_that_a_read_may_have() -> None:
    letters = {code for name in _FOREIGN_NAMES if (code := state_codes.from_text(name)[0])}
    assert len(letters) == 30
    assert not letters & state_codes.KNOWN_CODES


@pytest.mark.parametrize("cell", ["MX", "Mexico", "Baja California", "SO", "CD"])
def test_a_foreign_entry_is_of_another_state_than_the_plate_that_was_read(cell: str) -> None:
    entry = only_entry(csv_records(csv_text(f"ABC123,Felony Vehicle,{cell}")))
    assert entry.remarks == f"state: {cell}"
    generation = Generation("list", 1, NOW, NOW, 1)
    for read_state, tone in (("CA", Tone.POSSIBLE), (None, Tone.URGENT)):
        state = state_match(read_state, entry.state)
        hit = Hit("hit", "read", entry, generation, 0.0, MatchKind.EXACT, state, instant())
        assert tone_of(hit, MatchContext()) is tone
