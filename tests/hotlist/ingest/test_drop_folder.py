import os
from pathlib import Path

from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.hotlist.ingest.drop_folder import FILES_MAX, DroppedFile, due, listing, updated_marks


def put(folder: Path, name: str, second: int, text: str = "list") -> None:
    (folder / name).write_text(text)
    os.utime(folder / name, (second, second))


def names(files: tuple[DroppedFile, ...]) -> list[str]:
    return [file.name for file in files]


def due_names(folder: Path, marks: dict[str, list[int]]) -> list[str]:
    now = listing(folder)
    return names(due(now, now, marks))


def test_the_newest_complete_list_and_the_changes_after_it_are_due(tmp_path: Path) -> None:
    put(tmp_path, "one.csv", 100)
    put(tmp_path, "two.add.csv", 200)
    put(tmp_path, "three.csv.gz", 300)
    put(tmp_path, "four.remove.csv", 400)
    put(tmp_path, "five.ADD.csv", 500)
    assert due_names(tmp_path, {}) == ["three.csv.gz", "four.remove.csv", "five.ADD.csv"]
    changes = [file.change for file in listing(tmp_path)]
    assert changes == [
        ListChange.COMPLETE, ListChange.ADDITIONS, ListChange.COMPLETE, ListChange.REMOVALS, ListChange.ADDITIONS
    ]  # fmt: skip


def test_what_was_dealt_with_stays_so_until_it_changes(tmp_path: Path) -> None:
    put(tmp_path, "one.csv", 100)
    put(tmp_path, "two.csv", 200)
    now = listing(tmp_path)
    marks = updated_marks(now, {}, now[-1])
    assert due_names(tmp_path, marks) == []
    put(tmp_path, "one.csv", 100, "longer list")  # an older date does not hide it
    assert due_names(tmp_path, marks) == ["one.csv"]
    (tmp_path / "two.csv").unlink()
    assert list(updated_marks(listing(tmp_path), marks, listing(tmp_path)[0])) == ["one.csv"]


def test_of_too_many_files_the_newest_are_looked_at_and_older_ones_never_come_back(tmp_path: Path) -> None:
    for number in range(FILES_MAX + 2):
        put(tmp_path, f"{number}.csv", 100 + number)
    now = listing(tmp_path)
    assert names(now) == [f"{number}.csv" for number in range(2, FILES_MAX + 2)]
    marks = updated_marks(now, {}, now[-1])
    for file in now:
        (tmp_path / file.name).unlink()
    assert names(listing(tmp_path)) == ["0.csv", "1.csv"]
    assert due_names(tmp_path, marks) == []
    put(tmp_path, "new.csv", 100_000)
    assert due_names(tmp_path, marks) == ["new.csv"]
    now = listing(tmp_path)
    assert due_names(tmp_path, updated_marks(now, marks, now[-1])) == []


def test_a_file_that_grows_is_left_for_later(tmp_path: Path) -> None:
    put(tmp_path, "one.csv", 100, "li")
    before = listing(tmp_path)
    put(tmp_path, "one.csv", 101, "list")
    now = listing(tmp_path)
    assert due(before, now, {}) == ()
    assert names(due(now, now, {})) == ["one.csv"]


def test_a_signature_is_no_list_and_one_that_comes_late_makes_its_file_new(tmp_path: Path) -> None:
    put(tmp_path, "one.csv", 100)
    now = listing(tmp_path)
    marks = updated_marks(now, {}, now[-1])
    put(tmp_path, "one.csv.sig", 200)
    assert due_names(tmp_path, marks) == ["one.csv"]
    assert names(listing(tmp_path)) == ["one.csv"]


def test_unfinished_names_empty_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    for name in (".hidden.csv", "one.csv.part", "two.tmp", "three.csv~", "four.PARTIAL"):
        put(tmp_path, name, 100)
    put(tmp_path, "empty.csv", 100, "")
    (tmp_path / "folder.csv").mkdir()
    assert listing(tmp_path) == ()


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert listing(tmp_path / "not mounted") == ()
