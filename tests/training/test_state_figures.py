import numpy as np

from plate_training.states.data import NONE, STATES, StatePlate
from plate_training.states.figures import NamingCounts, Probabilities, counts_at

PICTURE = np.zeros((2, 4, 3), np.uint8)
CALIFORNIA, NEVADA = STATES.index("CA"), STATES.index("NV")


def probabilities_of(*answers: tuple[int, float]) -> Probabilities:
    rows = np.zeros((len(answers), NONE + 1), np.float32)
    for row, (output, probability) in zip(rows, answers, strict=True):
        row[:] = (1 - probability) / NONE
        row[output] = probability
    return rows


def test_what_is_named_rightly_wrongly_and_of_plates_of_no_state_is_counted_apart() -> None:
    plates = [StatePlate(PICTURE, state) for state in (CALIFORNIA, CALIFORNIA, CALIFORNIA, NEVADA, NONE, NONE, NONE)]
    answers = probabilities_of(
        (CALIFORNIA, 0.9),
        (NEVADA, 0.9),
        (CALIFORNIA, 0.7),
        (NONE, 0.9),
        (NONE, 0.9),
        (NEVADA, 0.9),
        (NEVADA, 0.6),
    )
    assert counts_at(plates, answers, 0.8) == NamingCounts(of_states=4, named=2, right=1, of_none=3, wrongly_named=1)
    assert counts_at(plates, answers, 0.5) == NamingCounts(of_states=4, named=3, right=2, of_none=3, wrongly_named=2)


def test_shares_have_their_counts_and_one_of_nothing_is_left_out() -> None:
    counts = NamingCounts(of_states=4, named=2, right=1, of_none=0, wrongly_named=0)
    assert counts.row() == ("2 of 4", "1 of 2", "0 of 0")
    entry = counts.entry("road")
    assert [(name, share["value"], share["of"]) for name, share in entry.items()] == [
        ("road_named", 0.5, 4),
        ("road_right", 0.5, 2),
    ]
    low, high = entry["road_named"]["wilson95"]
    assert 0 < low < 0.5 < high < 1
