import os
import stat
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from alpr_edge.domain.errors import StoreError
from alpr_edge.domain.hits import Generation, HotlistEntry, Reason
from alpr_edge.domain.plates import canonical
from alpr_edge.domain.restrictions import Area, Hours
from alpr_edge.hotlist.formats.base import clean
from alpr_edge.hotlist.index import sealed_file
from alpr_edge.hotlist.index.column_store import ROWS_A_BLOCK
from alpr_edge.hotlist.index.index import HotlistIndex, SealedList
from alpr_edge.hotlist.index.packed_list import GenerationDraft, Packer, common
from alpr_edge.hotlist.index.plate_keys import plate_key
from alpr_edge.hotlist.index.sealed_file import Seal
from tests.hotlist.index.rows import row_of

KEY = bytes(range(32))
SEAL = Seal("clew-svs", 7)

PLATES = st.text("0AO1B", min_size=1, max_size=4)
MOMENTS = st.none() | st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone
ENTRIES = st.builds(
    lambda raw, **rest: HotlistEntry(source="list", plate=canonical(raw), plate_raw=raw, **rest),
    PLATES,
    state=st.sampled_from([None, "CA", "NV", "OR"]),
    reason=st.sampled_from(Reason),
    record_id=st.sampled_from(["", "1", "2"]),
    vehicle=st.text(max_size=10),
    remarks=st.text(max_size=30).map(lambda text: clean(text, 30)),
    effective=MOMENTS,
    expires=MOMENTS,
    area=st.none() | st.just(Area(37.639, -120.997, 500.0)),
    hours=st.none() | st.just(Hours.parse("Fr-Mo 22:00-06:00")),
    covert=st.booleans(),
)


def pack(entries: Iterable[HotlistEntry]) -> GenerationDraft:
    packer = Packer()
    packer.extend(map(row_of, entries))
    return packer.pack()


def many(count: int) -> list[HotlistEntry]:
    texts = [f"{number:06d}" for number in range(count)]
    return [HotlistEntry("list", text, text, "CA", Reason.STOLEN_VEHICLE, remarks="x" * 50) for text in texts]


def identity(entry: HotlistEntry) -> tuple[str, str, str, str]:
    return entry.plate, entry.state or "", entry.reason, entry.record_id


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=st.lists(ENTRIES, max_size=40))
def test_every_entry_of_a_plate_comes_back_over_states_reasons_and_records(
    tmp_path: Path, entries: list[HotlistEntry]
) -> None:
    draft = pack(entries)
    path = tmp_path / "list"
    digest = sealed_file.write(path, SEAL, draft, KEY)
    packed_list = sealed_file.read(path, SEAL, KEY, digest)
    index = HotlistIndex((SealedList(Generation("list", 1, None, None, len(packed_list)), digest, packed_list),))
    each_once = list(dict.fromkeys(entries))
    assert draft.duplicates == len(entries) - len(each_once)
    for raw in {entry.plate_raw for entry in entries} | {"1A1", "BBBB"}:
        expected_entries = [entry for entry in each_once if entry.plate == canonical(raw)]
        exact_entries = [entry for entry, _ in index.exact(canonical(raw))]
        assert sorted(exact_entries, key=identity) == sorted(expected_entries, key=identity)


@pytest.mark.parametrize("text", ["", "ABC-12", "abc", "ABCO", "A" * 11, "É"])
def test_text_that_is_not_canonical_has_no_entries(text: str) -> None:
    packed_list = pack(many(3)).packed_list
    assert HotlistIndex((SealedList(Generation("list", 1, None, None, 3), "", packed_list),)).exact(text) == []


def test_entries_of_many_blocks_and_chunks_come_back(tmp_path: Path) -> None:
    entries = many(150 * ROWS_A_BLOCK + 7)
    digest = sealed_file.write(tmp_path / "list", SEAL, pack(entries), KEY)
    packed_list = sealed_file.read(tmp_path / "list", SEAL, KEY, digest)
    for entry in entries[:: ROWS_A_BLOCK - 1]:
        assert packed_list.entries(plate_key(entry.plate), entry.plate, "list") == [entry]


def test_entries_added_and_removed_are_counted_by_identity() -> None:
    one, other = pack(many(10)), pack(many(15)[5:])
    assert common(one.marks, other.marks) == (5, 0)


def test_of_several_entries_of_one_identity_each_is_counted_once() -> None:
    first, second, third = (replace(many(1)[0], remarks=text) for text in ("first", "second", "third"))
    one, both = pack([first, *many(3)[1:]]), pack([second, first, *many(3)[1:]])
    assert [common(one.marks, both.marks), common(both.marks, one.marks)] == [(3, 0), (3, 0)]
    assert common(both.marks, pack([third, first, *many(3)[1:]]).marks) == (4, 1)


def test_marks_come_back_from_the_file_as_they_were_written(tmp_path: Path) -> None:
    draft = pack(many(500))
    digest = sealed_file.write(tmp_path / "list", SEAL, draft, KEY)
    assert [numbers.tolist() for numbers in sealed_file.read_marks(tmp_path / "list", SEAL, KEY, digest)] == [
        numbers.tolist() for numbers in draft.marks
    ]


def test_the_file_is_private_its_digest_is_true_and_it_shows_nothing(tmp_path: Path) -> None:
    draft = pack(many(20))
    digest = sealed_file.write(tmp_path / "list", SEAL, draft, KEY)
    content = (tmp_path / "list").read_bytes()
    assert stat.S_IMODE((tmp_path / "list").stat().st_mode) == 0o600
    assert digest == sha256(content).hexdigest()
    assert b"000011" not in content
    assert list(tmp_path.iterdir()) == [tmp_path / "list"]


@pytest.fixture
def three_chunks(tmp_path: Path) -> Path:
    """A file of three chunks, the last one short."""
    path = tmp_path / "list"
    noisy = [replace(entry, record_id=str(n), remarks=os.urandom(12).hex()) for n, entry in enumerate(many(60_000))]
    sealed_file.write(path, SEAL, pack(noisy), KEY)
    assert path.stat().st_size > 2 * (sealed_file.CHUNK_BYTES + 16)
    return path


def test_a_changed_shortened_lengthened_or_reordered_file_does_not_open(three_chunks: Path) -> None:
    whole = three_chunks.read_bytes()
    preamble = 8 + 2 + 8 + 1 + len(SEAL.source) + 16
    chunk = sealed_file.CHUNK_BYTES + 16
    first, second = whole[preamble : preamble + chunk], whole[preamble + chunk : preamble + 2 * chunk]
    bad_files = [
        whole[:-1],
        whole[: preamble + 2 * chunk],
        whole[: preamble + chunk],
        whole[:preamble],
        whole[:10],
        b"",
        whole + b"x",
        whole[:preamble] + second + first + whole[preamble + 2 * chunk :],
        *(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in (0, 9, 12, 20, 30, preamble, len(whole) - 1)),
    ]
    for content in bad_files:
        three_chunks.write_bytes(content)
        with pytest.raises(StoreError, match="changed or cut short"):
            sealed_file.read(three_chunks, SEAL, KEY, sha256(whole).hexdigest())
        # Whoever can also rewrite the digest still cannot make the file open.
        with pytest.raises(StoreError):
            sealed_file.read(three_chunks, SEAL, KEY, sha256(content).hexdigest())


def test_another_key_source_serial_or_release_does_not_open(tmp_path: Path) -> None:
    draft = pack(many(3))
    path = tmp_path / "list"
    digest = sealed_file.write(path, SEAL, draft, KEY)
    with pytest.raises(StoreError, match="lists key"):
        sealed_file.read(path, SEAL, bytes(32), digest)
    for seal in (Seal("clew-svs", 8), Seal("clew-slr", 7), Seal("clew-svs2", 7)):
        with pytest.raises(StoreError, match="not generation"):
            sealed_file.read(path, seal, KEY, digest)
    content = bytearray(path.read_bytes())
    content[8] = sealed_file.VERSION + 1
    path.write_bytes(content)
    with pytest.raises(StoreError, match="another release"):
        sealed_file.read(path, SEAL, KEY, sha256(content).hexdigest())


def test_a_missing_file_and_a_folder_that_cannot_be_written_are_one_line(tmp_path: Path) -> None:
    draft = pack(many(3))
    with pytest.raises(StoreError, match="import it again"):
        sealed_file.read(tmp_path / "none", SEAL, KEY, "")
    with pytest.raises(StoreError, match="cannot be written"):
        sealed_file.write(tmp_path / "none" / "list", SEAL, draft, KEY)


def test_nothing_is_left_of_a_write_that_failed(tmp_path: Path) -> None:
    draft = pack(many(3))
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "in the way").touch()
    with pytest.raises(StoreError, match="cannot be written"):
        sealed_file.write(tmp_path / "list", SEAL, draft, KEY)
    assert list(tmp_path.iterdir()) == [tmp_path / "list"]
