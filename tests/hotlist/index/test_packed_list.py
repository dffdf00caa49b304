from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.errors import FeedError
from alpr_edge.domain.hits import Generation, HotlistEntry, Reason
from alpr_edge.domain.patterns import PATTERNS_MAX, canonical_partial
from alpr_edge.domain.plates import PLATE_LENGTH_MAX, canonical
from alpr_edge.hotlist.index import sealed_file
from alpr_edge.hotlist.index.column_store import DISTINCT_MAX, ROWS_A_BLOCK
from alpr_edge.hotlist.index.index import HotlistIndex, SealedList
from alpr_edge.hotlist.index.packed_list import BATCH_ROWS, GenerationDraft, Packer
from tests.hotlist.index.rows import row_of

KEY, SEAL = bytes(32), sealed_file.Seal("list", 1)
GENERATION = Generation("list", 1, None, None, 1)


def entry(
    raw: str, reason: Reason = Reason.OTHER, record_id: str = "", vehicle: str = "", remarks: str = ""
) -> HotlistEntry:
    return HotlistEntry("list", canonical_partial(raw), raw, "CA", reason, record_id, vehicle, remarks)


def pack(entries: Iterable[HotlistEntry]) -> GenerationDraft:
    packer = Packer()
    packer.extend(map(row_of, entries))
    return packer.pack()


def index_of(draft: GenerationDraft, folder: Path) -> HotlistIndex:
    """The index once the generation was sealed and opened."""
    digest = sealed_file.write(folder / "list", SEAL, draft, KEY)
    return HotlistIndex((SealedList(GENERATION, digest, sealed_file.read(folder / "list", SEAL, KEY, digest)),))


def exact_entries(index: HotlistIndex, plate: str) -> list[HotlistEntry]:
    return [hotlist_entry for hotlist_entry, _ in index.exact(plate)]


def fitting(index: HotlistIndex, plate: str) -> list[HotlistEntry]:
    return [hotlist_entry for hotlist_entry, _ in index.partial(plate)]


@given(st.lists(st.text("0OAZ9-", min_size=1, max_size=PLATE_LENGTH_MAX), max_size=40))
def test_every_listed_plate_meets_itself_exactly(raws: list[str]) -> None:
    entries = [entry(raw, record_id=str(number)) for number, raw in enumerate(raws) if canonical(raw)]
    index = HotlistIndex((SealedList(GENERATION, "", pack(entries).packed_list),))
    for hotlist_entry in entries:
        assert hotlist_entry in exact_entries(index, hotlist_entry.plate)


def test_partials_come_back_by_what_fits_them_and_never_as_exact(tmp_path: Path) -> None:
    entries = [
        entry("8ab*", record_id="1"),
        entry("8AB*", Reason.AMBER_ALERT, record_id="2"),
        entry("?AB?1"),
        entry("8ABC1"),
    ]
    draft = pack([*entries, entries[0]])
    index = index_of(draft, tmp_path)
    assert (len(draft.packed_list), draft.duplicates, len(index)) == (4, 1, 4)
    assert fitting(index, "8ABC1") == entries[:3]
    assert exact_entries(index, "8ABC1") == entries[3:]
    assert fitting(index, "9XYZ1") == []
    assert exact_entries(index, "8AB*") == []


def test_too_many_partials_are_refused() -> None:
    letters = "ABCDEFGHJK"
    partials = ["".join(letters[int(digit)] for digit in f"{number:05d}") + "*" for number in range(PATTERNS_MAX + 1)]
    assert len(pack(map(entry, partials[:-1])).packed_list) == PATTERNS_MAX
    with pytest.raises(FeedError, match="partial"):
        pack(map(entry, partials))


def test_values_beyond_a_table_come_back(tmp_path: Path) -> None:
    count = DISTINCT_MAX + 3 * ROWS_A_BLOCK + 1
    entries = [entry(f"{number:06d}", vehicle=f"car {number}", remarks=str(number % 7)) for number in range(count)]
    index = index_of(pack(entries), tmp_path)
    for number in (0, 255, 256, DISTINCT_MAX - 1, DISTINCT_MAX, DISTINCT_MAX + 1, count - 1):
        assert exact_entries(index, f"{number:06d}") == [entries[number]]


@pytest.mark.parametrize("distinct", [1, 2, 256, 257])
def test_every_value_of_a_table_comes_back_whatever_the_width_of_its_codes(tmp_path: Path, distinct: int) -> None:
    entries = [entry(f"{number:06d}", vehicle=f"car {number % distinct}") for number in range(300)]
    index = index_of(pack(entries), tmp_path)
    assert [exact_entries(index, f"{number:06d}") for number in range(300)] == [
        [hotlist_entry] for hotlist_entry in entries
    ]


@pytest.mark.parametrize("count", [1, ROWS_A_BLOCK - 1, ROWS_A_BLOCK, ROWS_A_BLOCK + 1, BATCH_ROWS, BATCH_ROWS + 1])
def test_rows_come_back_at_the_edges_of_blocks_and_batches(tmp_path: Path, count: int) -> None:
    entries = [entry(f"{number:06d}", record_id=str(number), remarks="x" * (number % 90)) for number in range(count)]
    index = index_of(pack(entries), tmp_path)
    for number in {0, count // 2, count - 1}:
        assert exact_entries(index, f"{number:06d}") == [entries[number]]


@pytest.mark.parametrize("bad_entry", [entry("ABC1", remarks="two\nlines"), entry("ABC1", record_id="a\x1fb")])
def test_control_characters_would_shift_fields_and_are_refused(bad_entry: HotlistEntry) -> None:
    with pytest.raises(ValueError, match="control characters"):
        pack([bad_entry])


def test_a_plate_that_is_not_canonical_is_refused() -> None:
    with pytest.raises(ValueError, match="canonical"):
        pack([HotlistEntry("list", "ABCO", "ABCO", None, Reason.OTHER)])


def test_an_empty_list_packs(tmp_path: Path) -> None:
    index = index_of(pack([]), tmp_path)
    assert (len(index), exact_entries(index, "ABC1"), fitting(index, "ABC1")) == (0, [], [])
