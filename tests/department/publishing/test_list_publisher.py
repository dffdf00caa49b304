"""Feeds are checked as units check them before they are published, compared with what is in force, and on record."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from alpr_edge.cli.department.lists import check_content, check_text
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.list_requests import ListRequest
from alpr_edge.department.publishing.feed_check import FeedToPublish
from alpr_edge.department.publishing.list_publisher import ListPublisher
from alpr_edge.department.publishing.list_state import Holding
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.items import ListChange
from tests.department.engines import EngineUnderTest

TOO_LONG = "7BADPLATE0123456789"
HEADER = "Plate Number,Description,State/Province,Remarks\n"
SETTINGS = """
[[feed]]
name = "amber"
format = "generic-csv"
[[feed]]
name = "signed"
format = "generic-csv"
signing_key_file = "maker.pem"
"""


@pytest.fixture
def storage(tmp_path: Path, engine: EngineUnderTest) -> Iterator[Storage]:
    directory = engine.use(tmp_path / "department")
    directory.mkdir(mode=0o700, exist_ok=True)
    with (directory / "department.toml").open("a") as file:
        file.write(SETTINGS)
    with closing(Storage(directory)) as opened:
        yield opened


@pytest.fixture
def publisher(storage: Storage) -> ListPublisher:
    return ListPublisher(storage.directory, storage.database)


def feed(folder: Path, *plates: str, remarks: str = "", source: str = "amber", bad: int = 0) -> FeedToPublish:
    path = folder / "feed.csv"
    lines = [f"{plate},AMBER Alert,CA,{remarks}\n" for plate in plates] + [
        "7BADPLATE0123456789,AMBER Alert,CA,\n"
    ] * bad
    path.write_text(HEADER + "".join(lines))
    return FeedToPublish(path, source)


def publish(publisher: ListPublisher, new: FeedToPublish) -> tuple[int, int, int, int]:
    """Check and publish; entries, added, removed, changed."""
    check = publisher.check(new)
    assert check is not None
    publisher.publish(new, "login:chief", check)
    return check.entries, check.added, check.removed, check.changed


def test_what_is_odd_in_a_feed_is_told_before(publisher: ListPublisher, tmp_path: Path) -> None:
    new = FeedToPublish(tmp_path / "feed.csv", "amber")
    new.path.write_text("Plate,Reason,State\n7ABC001,Stolen,CA\nI,Stolen,CA\n")
    check = publisher.check(new)
    assert check is not None
    (notice,) = check.notices
    assert "a plate of one character" in notice
    assert notice in check_text(check).splitlines()


def test_what_units_would_not_understand_is_told_before(publisher: ListPublisher, tmp_path: Path) -> None:
    new = FeedToPublish(tmp_path / "feed.csv", "amber")
    new.path.write_text("Plate,Reason,Hold For\n7ABC001,Carjacking,x\n7ABC002,Stolen,x\n")
    check = publisher.check(new)
    assert check is not None
    assert (check.unknown_reasons, check.unknown_wordings, check.unread_columns) == (1, ("Carjacking",), ("Hold For",))
    assert '1 line with an unknown reason, for example "Carjacking"' in check_text(check)
    assert check_content(check)["unread_columns"] == ("Hold For",)
    assert check_content(check)["notices"] == check.notices
    assert check.notices == ("no column for the state: entries match a plate of any state",)
    publisher.publish(new, "login:chief", check)
    new.path.write_text("Plate\n7ABC001\n9NEVER1\n")
    removals = publisher.check(replace(new, change=ListChange.REMOVALS))
    assert removals is not None
    assert (removals.removed, removals.unmatched_removals) == (1, 1)
    new.path.write_text("Plate\n9NEVER1\n")
    with pytest.raises(DepartmentError, match=r"none of its removals \(1\) names an entry"):
        publisher.check(replace(new, change=ListChange.REMOVALS))


def test_what_a_feed_changes_is_counted_against_the_list_with_its_changes(
    publisher: ListPublisher, tmp_path: Path
) -> None:
    first = [f"7ABC{number:03}" for number in range(20)]
    assert publish(publisher, feed(tmp_path, *first)) == (20, 20, 0, 0)
    more = replace(feed(tmp_path, "8NEW001", first[0], remarks="armed"), change=ListChange.ADDITIONS)
    assert publish(publisher, more) == (21, 1, 0, 1)
    assert publish(publisher, replace(feed(tmp_path, first[1]), change=ListChange.REMOVALS)) == (20, 0, 1, 0)
    assert publish(publisher, feed(tmp_path, *first[2:], "9NEW001")) == (19, 1, 2, 0)
    standing = publisher.standing("amber")
    assert standing.newest is not None
    assert standing.record is not None
    assert (standing.newest.serial, standing.record.by, standing.record.entries) == (4, "login:chief", 19)
    assert (standing.record.added, standing.record.removed, standing.record.is_signed) == (1, 2, False)
    assert "NEW001" not in standing.record.model_dump_json()


def test_what_units_would_refuse_is_refused_and_nothing_is_published(publisher: ListPublisher, tmp_path: Path) -> None:
    plates = [f"7ABC{number:03}" for number in range(40)]
    publish(publisher, feed(tmp_path, *plates))
    with pytest.raises(DepartmentError, match="the list in use 40") as refused:
        publisher.check(feed(tmp_path, *plates[:5]))
    assert "nothing is published" in str(refused.value)
    check = publisher.check(replace(feed(tmp_path, *plates[:5]), accept_shrink=True))
    assert check is not None
    assert (check.entries, check.removed) == (5, 35)
    with pytest.raises(DepartmentError, match=r"2 of 42 lines were rejected, the first: line 42, column"):
        publisher.check(feed(tmp_path, *plates, bad=2))
    publisher.publish(feed(tmp_path, *plates), "login:other", None)
    with pytest.raises(DepartmentError, match="something was published or withdrawn meanwhile"):
        publisher.publish(feed(tmp_path, *plates[:5]), "login:chief", check)
    assert [each.newest and each.newest.serial for each in publisher.standings()] == [2, None]


def test_a_feed_of_a_maker_who_signs_is_taken_signed_alone(
    publisher: ListPublisher, storage: Storage, tmp_path: Path
) -> None:
    key = Ed25519PrivateKey.generate()
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (storage.directory / "maker.pem").write_bytes(pem)
    new = feed(tmp_path, "7ABC123", source="signed")
    for signature, words in ((None, "cannot be read"), (b"x" * 64, "is not this file's")):
        with pytest.raises(DepartmentError, match=words):
            publisher.check(replace(new, signature=signature))
    check = publisher.check(replace(new, signature=key.sign(new.path.read_bytes())))
    assert check is not None
    assert (check.is_signed, check.entries) == (True, 1)


def test_who_has_what_since_when(publisher: ListPublisher, storage: Storage, tmp_path: Path) -> None:
    for source, units in (("amber", None), ("stolen", ["car-1", "car-3"])):
        publisher.publish(feed(tmp_path, "7ABC123", source=source), "login:chief", None, units)
    for unit_id, source, serial in (("car-1", "amber", 1), ("car-2", "amber", 0), ("car-2", "stolen", 0),
                                    ("car-1", "stolen", 1)):  # fmt: skip
        storage.list_requests.note(ListRequest(unit_id, source, serial))
        storage.held_versions.note_list(unit_id, source, serial)
    amber, signed, stolen = publisher.standings()
    assert [(each.source, each.is_checked, each.have_newest, each.are_waiting) for each in (amber, signed, stolen)] == [
        ("amber", True, 1, 1),
        ("signed", True, 0, 0),
        ("stolen", False, 1, 0),
    ]
    assert [(each.unit_id, each.holding) for each in stolen.units] == [
        ("car-1", Holding.NEWEST),
        ("car-2", Holding.NOT_FOR_IT),
        ("car-3", Holding.NEVER_ASKED),
    ]
    assert (stolen.units[0].since is None, stolen.units[2].since) == (False, None)
    with pytest.raises(DepartmentError, match="there is no list of this name"):
        publisher.standing("ambre")
