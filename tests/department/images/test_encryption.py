"""Images under keys of a day: closed without the key, and forgotten by every copy once the purge destroyed theirs."""

import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from alpr_edge.department.copying.image_encryption import encrypt_images
from alpr_edge.department.db.day_keys.master_keys import load_master_key, make_master_key
from alpr_edge.department.holds.department_holds import HoldAuthor
from alpr_edge.department.images.department_images import object_name
from alpr_edge.department.images.key_rotation import rotate_master_key
from alpr_edge.department.images.sealed_images import key_id_of
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.ingest.verification import verify
from alpr_edge.department.retention.purge import COUNT_FIRST
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.domain.holds.hold import HoldKind, HoldTerms
from scripts.benchmarks.department.seaweedfs import set_images
from tests.department.engines import ROWS_STAY, EngineUnderTest, query
from tests.department.retention.office import TODAY, Office, pictures_of, read_item
from tests.store.holds import CASE

OLD_DAY = (TODAY - timedelta(days=400)).date()
NIGHT = timedelta(days=1)
TO_THE_PAST = f"UPDATE image_keys SET day = '{OLD_DAY}'"
"""Has what was received today under the key of a day that is over."""


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "images.key"
    make_master_key(path, tmp_path / "department")
    return path


@pytest.fixture
def office(tmp_path: Path, engine: EngineUnderTest, key_file: Path) -> Iterator[Office]:
    directory = engine.use(tmp_path / "department")
    set_images(directory, key=str(key_file))
    office = Office(directory)
    yield office
    office.storage.close()


def deliver(office: Office, *read_ids: str, days_ago: float = 400) -> None:
    items = [each for read_id in read_ids for each in (read_item(read_id), *pictures_of(read_id))]
    office.deliver(*items, days_ago=days_ago)


def hold(office: Office, *read_ids: str) -> None:
    terms = HoldTerms(HoldKind.READ, "", CASE, "a subpoena", None)
    office.storage.holds.place(read_ids, terms, HoldAuthor("chief", TODAY))


def keys_of(office: Office) -> list[tuple[int, int, bool]]:
    """Generation, images and whether it is destroyed, of each key."""
    return [(each.generation, each.images, each.destroyed_at is not None) for each in office.storage.image_keys()]


def file_of(office: Office, read_id: str, number: int = 0) -> Path:
    return office.directory / "images" / object_name(pictures_of(read_id)[number].sha256)


def test_an_image_lies_encrypted_and_comes_back_as_it_was(office: Office) -> None:
    deliver(office, "a", "b", days_ago=0)
    deliver(office, "a", days_ago=0)
    for picture in pictures_of("a"):
        content = (office.directory / "images" / object_name(picture.sha256)).read_bytes()
        assert content.startswith(b"alpr-edge image 1 ")
        assert picture.body[:40] not in content
        assert office.storage.image(picture.sha256) == picture.body
    assert keys_of(office) == [(0, 4, False)]
    assert verify(office.storage, lambda done, total: None).is_whole


def test_an_encrypted_image_that_is_damaged_or_in_the_place_of_another_is_told_and_repaired(office: Office) -> None:
    deliver(office, "a", "b", days_ago=0)
    content = bytearray(file_of(office, "a").read_bytes())
    content[-1] ^= 1
    file_of(office, "a").write_bytes(content)
    file_of(office, "a", 1).write_bytes(file_of(office, "b", 1).read_bytes())
    result = verify(office.storage, lambda done, total: None)
    assert (result.missing_images + result.damaged_images, result.images) == (2, 4)
    assert office.storage.image(pictures_of("a")[0].sha256) is None
    deliver(office, "a", days_ago=0)
    assert verify(office.storage, lambda done, total: None).is_whole


def test_without_its_master_key_nothing_is_served_or_stored(office: Office, key_file: Path, tmp_path: Path) -> None:
    deliver(office, "a", days_ago=0)
    set_images(office.directory, key="")
    with pytest.raises(DepartmentError, match=r"names no key; nothing is served or stored$"):
        Storage(office.directory)
    other = tmp_path / "other.key"
    make_master_key(other, office.directory)
    set_images(office.directory, key=str(other))
    with pytest.raises(DepartmentError, match=r"images\.key gives another one, .*; nothing is served or stored$"):
        Storage(office.directory)
    set_images(office.directory, key=str(key_file))
    key_file.rename(tmp_path / "gone")
    with pytest.raises(DepartmentError, match="cannot be read"):
        Storage(office.directory)


def test_a_process_that_began_without_the_key_stores_nothing_once_images_are_encrypted(
    tmp_path: Path, engine: EngineUnderTest, key_file: Path
) -> None:
    office = Office(engine.use(tmp_path / "department"))
    deliver(office, "a", days_ago=0)
    set_images(office.directory, key=str(key_file))
    with_key = Storage(office.directory)
    encrypt_images(office.directory, lambda done, total: None)
    with_key.close()
    set_images(office.directory, key="")
    with pytest.raises(StoreError, match="names no key"):
        deliver(office, "b", days_ago=0)
    assert office.reads() == ["a"]
    set_images(office.directory, key=str(key_file))
    deliver(office, "b", days_ago=0)  # it reads the settings again
    assert file_of(office, "b").read_bytes().startswith(b"alpr-edge image 1 ")
    office.storage.close()


def test_a_purge_destroys_the_key_of_a_day_of_which_nothing_is_left(office: Office, tmp_path: Path) -> None:
    deliver(office, "old")
    office.execute(TO_THE_PAST)
    deliver(office, "new", days_ago=1)
    shutil.copytree(office.directory / "images", tmp_path / "backup")
    assert office.purge().pictures == 2
    assert keys_of(office) == [(0, 0, True), (0, 2, False)]
    shutil.rmtree(office.directory / "images")
    shutil.copytree(tmp_path / "backup", office.directory / "images")
    assert [office.storage.image(each.sha256) for each in pictures_of("old")] == [None, None]
    assert [office.storage.image(each.sha256) for each in pictures_of("new")] == [
        each.body for each in pictures_of("new")
    ]


def test_a_key_stays_until_its_day_is_over(office: Office) -> None:
    deliver(office, "old")
    office.purge()
    assert keys_of(office) == [(0, 0, False)]  # of today


def test_what_is_held_is_encrypted_anew_with_a_key_of_last_night_and_the_copies_of_the_rest_are_closed(
    office: Office, tmp_path: Path
) -> None:
    deliver(office, "held", "old")
    office.execute(TO_THE_PAST)
    hold(office, "held")
    shutil.copytree(office.directory / "images", tmp_path / "backup")
    office.purge()
    assert keys_of(office) == [(0, 2, False), (1, 0, False)]  # the next key gets into a backup first
    office.purge(TODAY + timedelta(hours=2))
    assert keys_of(office) == [(0, 2, False), (1, 0, False)]
    office.purge(TODAY + NIGHT)
    assert keys_of(office) == [(0, 0, True), (1, 2, False)]
    assert [office.storage.image(each.sha256) for each in pictures_of("held")] == [
        each.body for each in pictures_of("held")
    ]
    assert verify(office.storage, lambda done, total: None).is_whole
    shutil.copytree(tmp_path / "backup", office.directory / "images", dirs_exist_ok=True)
    for read_id in ("old", "held"):
        assert [office.storage.image(each.sha256) for each in pictures_of(read_id)] == [None, None]


def test_a_run_that_broke_off_while_it_encrypted_anew_goes_on(office: Office) -> None:
    held = [f"held-{number:02}" for number in range(4 * COUNT_FIRST)]
    deliver(office, "old", *held)
    office.execute(TO_THE_PAST)
    hold(office, *held)
    office.purge()
    last = max(each.sha256 for read_id in held for each in pictures_of(read_id))  # of the last batch
    folder = office.directory / "images" / last[:2]
    folder.rename(away := folder.with_name("elsewhere"))
    folder.write_bytes(b"a damaged disk shows a file where the folder was")
    with pytest.raises(StoreError, match="the disk refused"):
        office.purge(TODAY + NIGHT)
    folder.unlink()
    away.rename(folder)
    assert keys_of(office)[1][1] > 0, "some are under the next key, and the first is there still"
    assert verify(office.storage, lambda done, total: None).is_whole
    office.execute("DELETE FROM leases")
    office.purge(TODAY + NIGHT)
    assert keys_of(office) == [(0, 0, True), (1, 2 * len(held), False)]
    assert verify(office.storage, lambda done, total: None).is_whole


def test_images_that_come_again_while_they_are_encrypted_anew_stay_open(office: Office) -> None:
    held = [f"held-{number:02}" for number in range(4 * COUNT_FIRST)]
    deliver(office, "old", *held)
    office.execute(TO_THE_PAST)
    hold(office, *held)
    office.purge()
    pictures = [each for read_id in held for each in pictures_of(read_id)]
    parts = [Part(each.item_id, each.kind.value, each.body, each.sha256) for each in pictures]
    is_over, sent = threading.Event(), []

    def send() -> None:
        while not is_over.is_set():
            sent.append({answer.status for answer in office.storage.store("unit-2", parts)})

    sender = threading.Thread(target=send)
    sender.start()
    try:
        office.purge(TODAY + NIGHT)
    finally:
        is_over.set()
        sender.join(60)
    assert {200} in sent
    assert keys_of(office)[0] == (0, 0, True)
    assert verify(office.storage, lambda done, total: None).is_whole
    noted = query(office.directory, "SELECT sha256, key_id FROM sealed_images")
    for picture in pictures:
        content = (office.directory / "images" / object_name(picture.sha256)).read_bytes()
        assert (picture.sha256, key_id_of(content)) in noted


def test_a_key_stays_as_long_as_an_image_under_it_is_damaged(office: Office) -> None:
    deliver(office, "held", "old")
    office.execute(TO_THE_PAST)
    hold(office, "held")
    whole = file_of(office, "held").read_bytes()
    file_of(office, "held").write_bytes(whole[:-1])
    for night in range(3):
        office.purge(TODAY + night * NIGHT)
    assert keys_of(office) == [(0, 1, False), (1, 2, False)]
    file_of(office, "held").write_bytes(whole)
    office.purge(TODAY + 3 * NIGHT)
    assert keys_of(office) == [(0, 0, True), (1, 2, False)]
    assert verify(office.storage, lambda done, total: None).is_whole


def test_an_image_whose_batch_broke_off_goes_with_its_day(office: Office) -> None:
    deliver(office, "held", "old")
    stray = pictures_of("stray")[0]
    office.storage.images.put("unit-1", {stray.sha256: stray.body})
    hold(office, "held")
    office.execute(TO_THE_PAST)
    assert keys_of(office) == [(0, 5, False)]
    office.purge()
    office.purge(TODAY + NIGHT)
    assert keys_of(office) == [(0, 0, True), (1, 2, False)]
    assert office.files() == {each.sha256 for each in pictures_of("held")}


def test_the_row_of_a_destroyed_key_stays(office: Office) -> None:
    deliver(office, "old")
    office.execute(TO_THE_PAST)
    office.purge()
    for change in ("DELETE FROM image_keys", "UPDATE image_keys SET destroyed_at = NULL", TO_THE_PAST):
        with pytest.raises(StoreError, match=ROWS_STAY):
            query(office.directory, change)


def test_images_of_before_are_encrypted_under_the_keys_of_their_days_and_a_second_run_changes_nothing(
    tmp_path: Path, engine: EngineUnderTest, key_file: Path
) -> None:
    office = Office(engine.use(tmp_path / "department"))
    deliver(office, "a", days_ago=3)
    deliver(office, "b", "c", days_ago=5)
    with pytest.raises(DepartmentError, match=r"images\.key: missing"):
        encrypt_images(office.directory, lambda done, total: None)
    set_images(office.directory, key=str(key_file))
    file_of(office, "c").write_bytes(b"\xff\xd8\xff other")
    result = encrypt_images(office.directory, lambda done, total: None)
    assert (result.encrypted, result.before, result.damaged) == (5, 0, 1)
    deliver(office, "c", days_ago=5)
    again = encrypt_images(office.directory, lambda done, total: None)
    assert (again.encrypted, again.before, again.damaged) == (0, 6, 0)
    days = [(TODAY - timedelta(days=5)).date(), (TODAY - timedelta(days=3)).date(), datetime.now(UTC).date()]
    assert [(each.day, each.images) for each in office.storage.image_keys()] == [
        (str(days[0]), 3),
        (str(days[1]), 2),
        (str(days[2]), 1),
    ]
    assert verify(office.storage, lambda done, total: None).is_whole
    office.storage.close()


def test_a_new_master_key_takes_over_while_the_department_is_served(
    office: Office, tmp_path: Path, key_file: Path
) -> None:
    deliver(office, "a", days_ago=0)
    new_file = tmp_path / "new.key"
    new = make_master_key(new_file, office.directory)
    result = rotate_master_key(office.directory, new_file)
    assert (result.wrapped, result.master_id, result.next_step) == (1, new.master_id, "")
    assert rotate_master_key(office.directory, new_file).wrapped == 0
    loaded = load_master_key(office.directory)
    assert loaded is not None
    assert loaded.master_id == new.master_id
    key_file.unlink()
    deliver(office, "b", days_ago=0)
    assert office.storage.image(pictures_of("a")[0].sha256) == pictures_of("a")[0].body
    assert verify(office.storage, lambda done, total: None).is_whole


def test_a_rotation_that_broke_off_before_the_settings_goes_on(office: Office, tmp_path: Path, key_file: Path) -> None:
    deliver(office, "a", days_ago=0)
    new_file = tmp_path / "new.key"
    make_master_key(new_file, office.directory)
    rotate_master_key(office.directory, new_file)
    set_images(office.directory, key=str(key_file))  # as if the settings had not been written
    with pytest.raises(DepartmentError, match="gives another one"):
        Storage(office.directory)
    assert rotate_master_key(office.directory, new_file).wrapped == 0
    Storage(office.directory).close()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_master_keys_of_commands_and_credentials(
    office: Office, key_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_images(office.directory, key="", key_command=["cat", str(key_file)])
    deliver(office, "a", days_ago=0)
    Storage(office.directory).close()
    for command, told in (
        (["false"], "gave no secret"),
        (["/nowhere/it/is"], "does not run"),
        (["echo", "x"], "64 hexadecimal"),
    ):
        set_images(office.directory, key_command=command)
        with pytest.raises(DepartmentError, match=f"images.key_command.*{told}"):
            Storage(office.directory)
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    shutil.copy(key_file, credentials / "images")
    (credentials / "images").chmod(0o440)  # as systemd gives it
    set_images(office.directory, key="credential:images", key_command=[])
    with pytest.raises(DepartmentError, match="LoadCredential"):
        Storage(office.directory)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    Storage(office.directory).close()
    set_images(office.directory, key_command=["true"])
    with pytest.raises(DepartmentError, match="name one of them"):
        Storage(office.directory)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_key_file_in_the_folder_or_open_to_others_is_refused(office: Office, key_file: Path) -> None:
    with pytest.raises(DepartmentError, match="lies in the department's folder"):
        make_master_key(office.directory / "images.key", office.directory)
    with pytest.raises(DepartmentError, match="is there already and stays"):
        make_master_key(key_file, office.directory)
    key_file.chmod(0o640)
    with pytest.raises(DepartmentError, match="others may read this secret"):
        Storage(office.directory)
