"""Lists are changed by hand by who may, on record, and a refused import by hand is no trouble of the unit."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alpr_edge.access.authorisation.authoriser import Authoriser
from alpr_edge.domain.errors import AccessError, FeedError, StoreError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY, HotlistLoader
from alpr_edge.hotlist.ingest.import_lock import import_lock
from alpr_edge.hotlist.ingest.importer import ImportReport, ImportRequest, ListStore, import_feed
from alpr_edge.hotlist.ingest.report import Refusals, read_report
from alpr_edge.services.changes.list_change_values import changes_begun
from alpr_edge.services.changes.list_history import list_changes_by_hand
from alpr_edge.services.list_changes import dismiss_refusal, drop_list, import_list, roll_back_list
from alpr_edge.services.list_status import ListState, hotlist_status
from alpr_edge.settings import HotlistSettings, ListSource
from alpr_edge.store.access_log.log import AccessLog, open_access_log
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.hotlists.download_spool import DownloadSpool, FeedNote
from alpr_edge.store.hotlists.generations import live
from tests.staff import AUDIT, LOGIN, Staff

KEY = bytes(range(32))
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ByHand = Callable[..., ImportReport]
History = Callable[[], list[dict[str, Any]]]
GOOD = "Plate Number,Description,State/Province\nABC123,Stolen,CA\nABD124,Stolen,CA\n"
BAD = "Plate Number,Description,State/Province\nABC123,Stolen,CA\nAB%,Stolen,CA\n"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def lists(data: Path) -> Iterator[ListStore]:
    database = Database.open(data, KEY, migrate=True)
    yield ListStore(database, KEY, data / LISTS_DIRECTORY)
    database.close()


@pytest.fixture
def incoming(data: Path) -> DownloadSpool:
    return DownloadSpool(data, KEY)


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    return tmp_path / "feed.csv"


@pytest.fixture
def by_hand(owner: Authoriser) -> ByHand:
    def run(lists: ListStore, feed: Path, text: str, source: str = "bolo") -> ImportReport:
        feed.write_text(text, encoding="utf-8")
        return import_list(lists, owner, ImportRequest(feed, source, FormatName.GENERIC_CSV), NOW)

    return run


def by_itself(lists: ListStore, feed: Path, text: str, source: str = "bolo") -> ImportReport:
    feed.write_text(text, encoding="utf-8")
    return import_feed(ImportRequest(feed, source, FormatName.GENERIC_CSV), lists, NOW)


def lines_of(staff: Staff) -> list[dict[str, Any]]:
    """Who changed a list, as an auditor sees it."""
    with staff.authoriser("auditor") as auditor, open_access_log(staff.unit, migrate=False) as log:
        return list_changes_by_hand(log, auditor, AUDIT)


@pytest.fixture
def history(staff: Staff) -> History:
    """What was changed since the test began."""
    before = len(lines_of(staff))
    return lambda: lines_of(staff)[before:]


def actions(history: History) -> list[tuple[str, str]]:
    return [(line["action"], line["source"]) for line in history() if not line["not_done"]]


def state_of(lists: ListStore, source: str, limits: HotlistSettings | None = None) -> ListState | None:
    status = hotlist_status(lists, limits or HotlistSettings(), NOW)
    return next((each for each in status.lists if each.source == source), None)


def test_an_import_by_hand_is_on_record(lists: ListStore, feed: Path, by_hand: ByHand, history: History) -> None:
    assert by_hand(lists, feed, GOOD).serial == 1
    (line,) = history()
    assert (line["actor"], line["purpose"], line["action"], line["source"]) == (
        LOGIN, "maintenance", "import_list", "bolo"
    )  # fmt: skip
    assert (line["before"], line["after"].startswith("generation 1, 2 entries, sha256:")) == ("", True)


def test_a_refused_import_by_hand_is_no_trouble_of_the_unit(lists: ListStore, feed: Path, by_hand: ByHand) -> None:
    by_hand(lists, feed, GOOD)
    for source in ("bolo", "bollo"):
        with pytest.raises(FeedError, match="1 of 2 lines were rejected"):
            by_hand(lists, feed, BAD, source)
    assert Refusals(lists.directory).lines() == []
    state = state_of(lists, "bolo")
    assert state is not None
    assert (state.refusal, "1 of 2" in state.refusal_by_hand) == ("", True)
    assert state_of(lists, "bollo") is None
    assert [line.line for line in read_report(lists.directory, "bollo").lines] == [3]
    by_hand(lists, feed, GOOD)
    state = state_of(lists, "bolo")
    assert state is not None
    assert state.refusal_by_hand == ""


def test_a_refused_import_by_hand_leaves_the_refusal_before_in_place(
    lists: ListStore, feed: Path, by_hand: ByHand
) -> None:
    by_itself(lists, feed, GOOD)
    with pytest.raises(FeedError):
        by_itself(lists, feed, BAD)
    with pytest.raises(FeedError):
        by_hand(lists, feed, "")
    assert Refusals(lists.directory).lines() == ["list bolo: its last feed was refused"]
    by_hand(lists, feed, GOOD)
    assert Refusals(lists.directory).lines() == []


def test_an_import_by_hand_has_the_refused_list_and_its_changes_fetched_again(
    lists: ListStore, feed: Path, by_hand: ByHand, owner: Authoriser
) -> None:
    by_itself(lists, feed, GOOD)
    with pytest.raises(FeedError):
        by_itself(lists, feed, BAD)
    stands = {"serial": 3, "etag": '"3"', "take_failure": "refused", "marks": {sync_state.REFUSED_LIST: [2, 0]}}
    sync_state.note(lists.database, "bolo", **stands)
    trial = ImportRequest(feed, "bolo", FormatName.GENERIC_CSV, dry_run=True)
    feed.write_text(GOOD, encoding="utf-8")
    import_list(lists, owner, trial, NOW)
    with pytest.raises(FeedError):
        by_hand(lists, feed, BAD)
    assert sync_state.state_of(lists.database, "bolo").refused_place == 2
    by_hand(lists, feed, GOOD)
    assert sync_state.state_of(lists.database, "bolo") == sync_state.SyncState("bolo")


def test_a_dismissed_refusal_is_no_trouble_and_the_list_still_ages(
    lists: ListStore, feed: Path, owner: Authoriser, history: History
) -> None:
    by_itself(lists, feed, GOOD)
    with pytest.raises(FeedError):
        by_itself(lists, feed, BAD)
    sync_state.note(lists.database, "bolo", take_failure="refused", asked=NOW + timedelta(hours=20))
    refusals = Refusals(lists.directory)
    assert refusals.lines() == ["list bolo: its last feed was refused"]
    report = dismiss_refusal(lists.directory, owner, "bolo")
    assert "1 of 2 lines" in report.refused
    assert refusals.lines() == []
    state = state_of(lists, "bolo")
    assert state is not None
    assert (state.refusal, state.refusal_dismissed) == ("", report.refused)
    # That the server has nothing newer than the refused feed does not make the list before it any younger.
    (row,) = live(lists.database)
    assert row.generation.imported_at == NOW
    assert read_report(lists.directory, "bolo") == report
    assert actions(history) == [("dismiss_refusal", "bolo")]
    with pytest.raises(FeedError):
        by_itself(lists, feed, BAD)
    assert refusals.lines() == ["list bolo: its last feed was refused"]


def test_without_a_refused_feed_there_is_nothing_to_dismiss(
    lists: ListStore, feed: Path, owner: Authoriser, history: History
) -> None:
    by_itself(lists, feed, GOOD)
    with pytest.raises(FeedError, match="no feed of a list bolo stands refused"):
        dismiss_refusal(lists.directory, owner, "bolo")
    assert actions(history) == []


def test_a_dropped_list_is_gone_with_all_that_belongs_to_it(
    lists: ListStore, incoming: DownloadSpool, feed: Path, owner: Authoriser, history: History
) -> None:
    loader = HotlistLoader(lists.database, lists.lists_key, lists.directory)
    for source in ("bolo", "bolo.2"):
        by_itself(lists, feed, GOOD, source)
        by_itself(lists, feed, GOOD, source)
    with pytest.raises(FeedError):
        by_itself(lists, feed, BAD)
    draft = incoming.start("bolo", FeedNote(serial=7))
    draft.finish()
    sync_state.note(lists.database, "bolo", etag='"7"', serial=7, marks={"a.csv": [1, 2]}, asked=NOW)
    loader.load()
    removed_list = drop_list(lists, incoming, owner, "bolo")
    assert (removed_list.generations, removed_list.entries) == (2, 2)
    assert loader.refresh_if_changed()
    assert [sealed_list.generation.source for sealed_list in loader.index.lists] == ["bolo.2"]
    assert [path.name for path in lists.directory.glob("bolo*") if not path.name.startswith("bolo.2.")] == []
    assert not incoming.waits("bolo")
    assert sync_state.state_of(lists.database, "bolo") == sync_state.SyncState("bolo")
    assert state_of(lists, "bolo") is None
    assert actions(history) == [("drop_list", "bolo")]
    with pytest.raises(FeedError, match="no list is called bolo"):
        drop_list(lists, incoming, owner, "bolo")


@pytest.mark.parametrize("name", ["../bolo", "", "a/b"])
def test_a_name_that_is_a_path_is_refused(
    lists: ListStore, incoming: DownloadSpool, name: str, owner: Authoriser
) -> None:
    with pytest.raises(FeedError, match="a source's name"):
        drop_list(lists, incoming, owner, name)
    with pytest.raises(FeedError, match="a source's name"):
        dismiss_refusal(lists.directory, owner, name)


def test_a_roll_back_is_on_record(lists: ListStore, feed: Path, owner: Authoriser, history: History) -> None:
    by_itself(lists, feed, GOOD)
    by_itself(lists, feed, GOOD)
    assert roll_back_list(lists, owner, "bolo").generation.serial == 1
    assert actions(history) == [("roll_back_list", "bolo")]


def test_nothing_is_rolled_back_while_a_list_is_imported(lists: ListStore, feed: Path, owner: Authoriser) -> None:
    by_itself(lists, feed, GOOD)
    by_itself(lists, feed, GOOD)
    with import_lock(lists.directory), pytest.raises(StoreError, match="another import runs"):
        roll_back_list(lists, owner, "bolo")


def test_a_change_by_hand_is_begun_on_record_and_ended_done_or_not(
    lists: ListStore, feed: Path, by_hand: ByHand, owner: Authoriser, history: History
) -> None:
    begun: list[dict[str, str]] = []

    def note_begun(*_: object) -> None:
        begun.append(changes_begun(owner.log.values()))

    feed.write_text(GOOD, encoding="utf-8")
    request = ImportRequest(feed, "bolo", FormatName.GENERIC_CSV)
    import_list(lists, owner, request, NOW, note_begun)
    assert begun[0] == {"bolo": "import_list"}
    assert not changes_begun(owner.log.values())
    (line,) = history()
    assert (line["after"].startswith("generation 1, 2 entries"), line["not_done"]) == (True, False)
    assert "import_list" not in line["before"] + line["after"], "that it was begun is told by the line itself"
    with pytest.raises(FeedError):
        by_hand(lists, feed, BAD)
    assert not changes_begun(owner.log.values())


def test_nothing_is_changed_that_cannot_be_put_on_record(
    lists: ListStore, incoming: DownloadSpool, feed: Path, by_hand: ByHand, owner: Authoriser
) -> None:
    by_itself(lists, feed, GOOD)
    assert isinstance(owner.log, AccessLog)
    bytes_max, owner.log.bytes_max = owner.log.bytes_max, 1
    for change in (
        lambda: by_hand(lists, feed, GOOD),
        lambda: drop_list(lists, incoming, owner, "bolo"),
        lambda: roll_back_list(lists, owner, "bolo"),
    ):
        with pytest.raises(StoreError, match="cannot be put on record"):
            change()
    owner.log.bytes_max = bytes_max
    assert [row.generation.serial for row in live(lists.database)] == [1]


def test_only_the_owner_of_the_unit_or_an_administrator_changes_lists(
    lists: ListStore,
    incoming: DownloadSpool,
    feed: Path,
    nobody: Authoriser,
    staff: Staff,
    history: History,
    owner: Authoriser,
) -> None:
    by_itself(lists, feed, GOOD)
    request = ImportRequest(feed, "bolo", FormatName.GENERIC_CSV)
    changes = (
        lambda who: import_list(lists, who, request, NOW),
        lambda who: drop_list(lists, incoming, who, "bolo"),
        lambda who: roll_back_list(lists, who, "bolo"),
        lambda who: dismiss_refusal(lists.directory, who, "bolo"),
    )
    with staff.authoriser("officer") as officer:
        for change in changes:
            with pytest.raises(AccessError, match="only root or the owner"):
                change(nobody)
            with pytest.raises(AccessError, match="none of your roles"):
                change(officer)
    assert actions(history) == []
    assert [row.generation.serial for row in live(lists.database)] == [1]
    with staff.authoriser("alpr-administrator") as administrator:
        assert import_list(lists, administrator, request, NOW).serial == 2
    assert staff.records()[-1].person_id == "alpr-administrator"


def test_a_source_of_the_settings_without_a_list_is_shown(lists: ListStore) -> None:
    limits = HotlistSettings(source=(ListSource.model_validate({"name": "doj", "format": "clew", "folder": "/x"}),))
    state = state_of(lists, "doj", limits)
    assert state is not None
    assert (state.generation, state.is_in_settings) == (None, True)


def test_the_history_tells_what_came_of_each_change(
    lists: ListStore, feed: Path, by_hand: ByHand, owner: Authoriser, staff: Staff, history: History
) -> None:
    by_hand(lists, feed, GOOD, "told")
    by_hand(lists, feed, GOOD, "told")
    with pytest.raises(FeedError):
        by_hand(lists, feed, BAD, "told")
    roll_back_list(lists, owner, "told")
    trial = ImportRequest(feed, "told", FormatName.GENERIC_CSV, dry_run=True)
    feed.write_text(GOOD, encoding="utf-8")
    import_list(lists, owner, trial, NOW)
    lines = history()
    assert [(line["action"], line["not_done"]) for line in lines] == [
        ("import_list", False),
        ("import_list", False),
        ("import_list", True),
        ("roll_back_list", False),
        ("import_list", False),
    ]
    assert [line["before"].split(",")[0] for line in lines] == ["", "generation 1", "", "generation 2", ""]
    assert [line["after"].split(",")[0] for line in lines] == ["generation 1", "generation 2", "", "generation 1", ""]
    assert lines[-1]["note"] == "a trial, which changes nothing"
    assert staff.records()[-1].action == "show_list_changes"
