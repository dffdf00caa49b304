"""The table of the ASVS names files that exist, counts its own rows right, and says of each gap what is missing."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "config" / "asvs.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in TEXT.splitlines()
    if re.match(r"\| \d+\.\d+[-.]", line)
]
STATES = {"met", "partly", "gap", "not applicable"}
WHOLE_CHAPTERS = {"9.1-9.2", "10.1-10.7", "17.1-17.3"}


def test_every_row_has_a_number_of_its_own_a_state_and_a_place_or_reason() -> None:
    numbers = [row[0] for row in ROWS]
    assert len(numbers) == len(set(numbers)) > 200
    for number, asks, state, where in ROWS:
        assert re.fullmatch(r"\d+\.\d+\.\d+", number) or number in WHOLE_CHAPTERS, number
        assert asks, number
        assert state in STATES, number
        assert where, number
        has_place = re.search(r"`(?:alpr_edge|tests|config|systemd|scripts|requirements|pyproject)[^`]*`", where)
        assert state in {"not applicable", "gap"} or has_place or where.startswith(("none", "`", "see")), number


def test_the_numbers_of_a_section_follow_one_another_in_their_order() -> None:
    keys = [tuple(int(part) for part in row[0].split(".")) for row in ROWS if row[0] not in WHOLE_CHAPTERS]
    assert keys == sorted(keys)
    assert {key[0] for key in keys} == set(range(1, 17)) - {9, 10}


def test_every_path_exists_and_every_test_that_is_named_is_a_test() -> None:
    paths = re.findall(r"`((?:alpr_edge|tests|config|systemd|scripts)/[A-Za-z0-9_./-]+)`", TEXT)
    assert [path for path in paths if not (ROOT / path).exists()] == []
    tests = {path for path in paths if path.startswith("tests/") and path.endswith(".py")}
    assert tests
    for path in tests:
        assert re.search(r"(?m)^def test_", (ROOT / path).read_text(encoding="utf-8")), path


def test_the_counts_above_the_table_are_those_of_its_rows() -> None:
    said = re.search(r"Of (\d+) rows: (\d+) met, (\d+) partly, (\d+) gaps, (\d+) not applicable", TEXT)
    assert said is not None
    states = Counter(row[2] for row in ROWS)
    counted = [len(ROWS), *(states[state] for state in ("met", "partly", "gap", "not applicable"))]
    assert [int(number) for number in said.groups()] == counted
