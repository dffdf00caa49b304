"""What was accepted of a list's size, and for which units that counts."""

from pathlib import Path

import pytest

from alpr_edge.department.hotlists import ListRepository
from alpr_edge.department.list_facts import NO_FACTS, ListFacts, accepted_for
from alpr_edge.domain.protocol.items import AcceptedSize, ListChange

SHRINK, GROWTH = AcceptedSize.SHRINK, AcceptedSize.GROWTH
BOTH = frozenset({SHRINK, GROWTH})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "lists" / "amber"


@pytest.fixture
def repository(tmp_path: Path) -> ListRepository:
    (tmp_path / "feed.csv").write_bytes(b"list")
    return ListRepository(tmp_path / "lists")


def publish(
    repository: ListRepository,
    folder: Path,
    *accepted: AcceptedSize,
    change: ListChange = ListChange.COMPLETE,
) -> int:
    facts = ListFacts(accepted_sizes=frozenset(accepted)) if accepted else NO_FACTS
    return repository.publish(folder.parent.parent / "feed.csv", "amber", change, facts=facts).serial


def test_an_acceptance_counts_for_who_has_not_had_the_accepted_list(repository: ListRepository, folder: Path) -> None:
    publish(repository, folder)
    publish(repository, folder, SHRINK)
    publish(repository, folder)
    publish(repository, folder)
    # A unit that was away gets list 4 in place of list 2, and says that it had list 1.
    assert [accepted_for(folder, 4, after) for after in (0, 1, 2, 3)] == [[], [SHRINK], [], []]
    assert [accepted_for(folder, 2, after) for after in (0, 1)] == [[SHRINK], [SHRINK]]
    assert accepted_for(folder, 1, 0) == []
    assert repository.next_after("amber", 1, "unit-1") == repository.steps_of("amber")[-1]


def test_an_acceptance_of_a_change_is_not_of_the_lists_before_it(repository: ListRepository, folder: Path) -> None:
    publish(repository, folder)
    publish(repository, folder, change=ListChange.ADDITIONS)
    publish(repository, folder, GROWTH, change=ListChange.ADDITIONS)
    publish(repository, folder, *BOTH, change=ListChange.REMOVALS)
    assert [accepted_for(folder, serial, serial - 1) for serial in (1, 2, 3)] == [[], [], [GROWTH]]
    assert accepted_for(folder, 4, 3) == [SHRINK, GROWTH]


def test_what_counts_for_nobody_any_more_is_removed(repository: ListRepository, folder: Path) -> None:
    for _ in range(3):
        publish(repository, folder, *BOTH)
    publish(repository, folder)
    publish(repository, folder, SHRINK)
    left = sorted(path.name for path in folder.iterdir() if path.suffix in {".shrink", ".growth"})
    assert left == ["00000003.growth", "00000005.shrink"]
    assert accepted_for(folder, 5, 1) == [SHRINK, GROWTH]


def test_what_a_publication_left_that_was_cut_off_counts_for_no_other_list(
    repository: ListRepository, folder: Path
) -> None:
    publish(repository, folder)
    publish(repository, folder, SHRINK)
    (folder / "00000002.complete").unlink()
    assert publish(repository, folder) == 2
    assert accepted_for(folder, 2, 1) == []


def test_an_acceptance_outlasts_a_withdrawal(repository: ListRepository, folder: Path) -> None:
    """Units keep the list that was withdrawn."""
    publish(repository, folder)
    publish(repository, folder, SHRINK)
    repository.withdraw("amber")
    assert publish(repository, folder) == 3
    assert accepted_for(folder, 3, 1) == [SHRINK]
