from pathlib import Path

import pytest

from alpr_edge.department.hotlists import ListShelf
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.items import ListChange

COMPLETE, ADDITIONS, REMOVALS = ListChange
UNIT, OTHER = "unit-1", "unit-2"


@pytest.fixture
def shelf(tmp_path: Path) -> ListShelf:
    return ListShelf(tmp_path / "lists")


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    path = tmp_path / "feed.csv"
    path.write_bytes(b"list")
    return path


def steps(shelf: ListShelf, serial: int) -> list[tuple[int, ListChange]]:
    """What a unit fetches one after another that dealt with ``serial`` last."""
    found = []
    while (step := shelf.next_after("amber", serial, UNIT)) is not None:
        found.append((step.serial, step.change))
        serial = step.serial
    return found


def test_a_unit_walks_from_the_newest_complete_list_over_its_changes(shelf: ListShelf, feed: Path) -> None:
    for change in (COMPLETE, ADDITIONS, COMPLETE, ADDITIONS, REMOVALS):
        shelf.publish(feed, "amber", change)
    tail = [(3, COMPLETE), (4, ADDITIONS), (5, REMOVALS)]
    assert steps(shelf, 0) == steps(shelf, 1) == steps(shelf, 2) == tail
    assert steps(shelf, 3) == tail[1:]
    assert steps(shelf, 5) == []
    assert steps(shelf, 99) == tail  # a department set up anew counts from 1 again
    assert shelf.newest(UNIT) == {"amber": 5}


def test_what_no_unit_asks_for_any_more_is_removed(shelf: ListShelf, feed: Path, tmp_path: Path) -> None:
    for change in (COMPLETE, ADDITIONS, COMPLETE, COMPLETE, ADDITIONS):
        shelf.publish(feed, "amber", change)
    names = sorted(path.name for path in (tmp_path / "lists" / "amber").iterdir())
    assert names == ["00000003.complete", "00000004.complete", "00000005.additions"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "lists" / "amber").iterdir())


def test_what_cannot_be_published_is_one_line(shelf: ListShelf, feed: Path, tmp_path: Path) -> None:
    with pytest.raises(DepartmentError, match="a change needs a complete list first"):
        shelf.publish(feed, "amber", ADDITIONS)
    with pytest.raises(DepartmentError, match="cannot be read"):
        shelf.publish(tmp_path / "missing", "amber", COMPLETE)
    for name in ("../amber", "", "a/b"):
        with pytest.raises(DepartmentError, match="name"):
            shelf.publish(feed, name, COMPLETE)
    assert shelf.newest(UNIT) == {}
    assert not shelf.has("amber", UNIT)


@pytest.mark.review(19)
def test_a_list_for_named_units_is_there_for_no_other(shelf: ListShelf, feed: Path) -> None:
    shelf.publish(feed, "amber", COMPLETE, [UNIT])
    shelf.publish(feed, "stolen", COMPLETE)
    assert (shelf.newest(UNIT), shelf.newest(OTHER)) == ({"amber": 1, "stolen": 1}, {"stolen": 1})
    assert (shelf.has("amber", UNIT), shelf.has("amber", OTHER)) == (True, False)
    assert shelf.next_after("amber", 0, UNIT) is not None
    assert shelf.next_after("amber", 0, OTHER) is None
    shelf.publish(feed, "amber", COMPLETE)
    assert shelf.newest(OTHER) == {"stolen": 1}  # whom it is for stays until somebody says otherwise
    shelf.set_audience("amber", None)
    assert shelf.newest(OTHER) == {"amber": 2, "stolen": 1}


@pytest.mark.review(19)
def test_an_audience_that_cannot_be_read_is_nobody(shelf: ListShelf, feed: Path, tmp_path: Path) -> None:
    shelf.publish(feed, "amber", COMPLETE, [UNIT])
    path = tmp_path / "lists" / "amber" / "audience"
    assert path.stat().st_mode & 0o077 == 0
    for damage in (b"\xff\xfe", b""):
        path.write_bytes(damage)
        assert shelf.newest(UNIT) == {}
    path.unlink()
    path.mkdir()
    assert shelf.newest(UNIT) == {}


@pytest.mark.review(19)
@pytest.mark.parametrize("units", [[], ["unit 1"], ["../unit"], ["a" * 65]])
def test_who_is_no_unit_is_one_line(units: list[str], shelf: ListShelf, feed: Path) -> None:
    with pytest.raises(DepartmentError):
        shelf.publish(feed, "amber", COMPLETE, units)
    assert shelf.audiences() == {}
