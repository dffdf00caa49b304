import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from alpr_edge.department.hotlists import ListRepository
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.items import ListChange

COMPLETE, ADDITIONS, REMOVALS = ListChange
UNIT, OTHER = "unit-1", "unit-2"


@pytest.fixture
def repository(tmp_path: Path) -> ListRepository:
    return ListRepository(tmp_path / "lists")


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    path = tmp_path / "feed.csv"
    path.write_bytes(b"list")
    return path


def steps(repository: ListRepository, serial: int) -> list[tuple[int, ListChange]]:
    """What a unit fetches one after another that dealt with ``serial`` last."""
    serials = []
    while (step := repository.next_after("amber", serial, UNIT)) is not None:
        serials.append((step.serial, step.change))
        serial = step.serial
    return serials


def test_a_unit_walks_from_the_newest_complete_list_over_its_changes(repository: ListRepository, feed: Path) -> None:
    for change in (COMPLETE, ADDITIONS, COMPLETE, ADDITIONS, REMOVALS):
        repository.publish(feed, "amber", change)
    tail = [(3, COMPLETE), (4, ADDITIONS), (5, REMOVALS)]
    assert steps(repository, 0) == steps(repository, 1) == steps(repository, 2) == tail
    assert steps(repository, 3) == tail[1:]
    assert steps(repository, 5) == []
    assert steps(repository, 99) == tail  # a department set up anew counts from 1 again
    assert repository.newest(UNIT) == {"amber": 5}


def test_two_who_publish_at_once_get_serials_of_their_own(
    repository: ListRepository, feed: Path, tmp_path: Path
) -> None:
    """The complete list is read, which takes long, while a change is published."""
    repository.publish(feed, "amber", COMPLETE)
    os.mkfifo(slow := tmp_path / "slow")
    with ThreadPoolExecutor() as pool:
        complete = pool.submit(repository.publish, slow, "amber", COMPLETE)
        with slow.open("wb") as writer:
            change = repository.publish(feed, "amber", ADDITIONS)
            writer.write(b"list")
        assert (change.serial, complete.result(60).serial) == (2, 3)
    assert steps(repository, 2) == [(3, COMPLETE)]


def test_who_publishes_or_withdraws_waits_for_another_process(
    repository: ListRepository, feed: Path, tmp_path: Path
) -> None:
    repository.publish(feed, "amber", COMPLETE)
    with ThreadPoolExecutor() as pool:
        folder = os.open(tmp_path / "lists", os.O_RDONLY)
        fcntl.flock(folder, fcntl.LOCK_EX)
        change = pool.submit(repository.publish, feed, "amber", ADDITIONS)
        with pytest.raises(TimeoutError):
            change.result(0.5)
        os.close(folder)
        assert change.result(60).serial == 2
    assert repository.withdraw("amber") == 2


def test_what_no_unit_asks_for_any_more_is_removed(repository: ListRepository, feed: Path, tmp_path: Path) -> None:
    for change in (COMPLETE, ADDITIONS, COMPLETE, COMPLETE, ADDITIONS):
        repository.publish(feed, "amber", change)
    names = sorted(path.name for path in (tmp_path / "lists" / "amber").iterdir())
    assert names == ["00000003.complete", "00000004.complete", "00000005.additions"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "lists" / "amber").iterdir())


def test_what_cannot_be_published_is_one_line(repository: ListRepository, feed: Path, tmp_path: Path) -> None:
    with pytest.raises(DepartmentError, match="a change needs a complete list first"):
        repository.publish(feed, "amber", ADDITIONS)
    with pytest.raises(DepartmentError, match="cannot be read"):
        repository.publish(tmp_path / "missing", "amber", COMPLETE)
    for name in ("../amber", "", "a/b"):
        with pytest.raises(DepartmentError, match="name"):
            repository.publish(feed, name, COMPLETE)
    assert repository.newest(UNIT) == {}
    assert not repository.has("amber", UNIT)


@pytest.mark.review(19)
def test_a_list_for_named_units_is_there_for_no_other(repository: ListRepository, feed: Path) -> None:
    repository.publish(feed, "amber", COMPLETE, [UNIT])
    repository.publish(feed, "stolen", COMPLETE)
    assert (repository.newest(UNIT), repository.newest(OTHER)) == ({"amber": 1, "stolen": 1}, {"stolen": 1})
    assert (repository.has("amber", UNIT), repository.has("amber", OTHER)) == (True, False)
    assert repository.next_after("amber", 0, UNIT) is not None
    assert repository.next_after("amber", 0, OTHER) is None
    repository.publish(feed, "amber", COMPLETE)
    assert repository.newest(OTHER) == {"stolen": 1}  # whom it is for stays until somebody says otherwise
    repository.set_audience("amber", None)
    assert repository.newest(OTHER) == {"amber": 2, "stolen": 1}


@pytest.mark.review(19)
def test_an_audience_that_cannot_be_read_is_nobody(repository: ListRepository, feed: Path, tmp_path: Path) -> None:
    repository.publish(feed, "amber", COMPLETE, [UNIT])
    path = tmp_path / "lists" / "amber" / "audience"
    assert path.stat().st_mode & 0o077 == 0
    for damage in (b"\xff\xfe", b""):
        path.write_bytes(damage)
        assert repository.newest(UNIT) == {}
    path.unlink()
    path.mkdir()
    assert repository.newest(UNIT) == {}


@pytest.mark.review(19)
@pytest.mark.parametrize("units", [[], ["unit 1"], ["../unit"], ["a" * 65]])
def test_who_is_no_unit_is_one_line(units: list[str], repository: ListRepository, feed: Path) -> None:
    with pytest.raises(DepartmentError):
        repository.publish(feed, "amber", COMPLETE, units)
    assert repository.audiences() == {}
