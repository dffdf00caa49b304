"""An officer says what a misread plate says: allowed, put on record, queued for the capture daemon; and looks back."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest

from alpr_edge.domain.alerting import AlertRecord
from alpr_edge.domain.dispositions.disposition import DispositionPart
from alpr_edge.domain.errors import AccessError, DispositionError, StoreError
from alpr_edge.domain.page_requests.corrections import Correction, corrected_read
from alpr_edge.domain.page_requests.request import CORRECTION_S_MAX, RequestAnswer, RequestOutcome
from alpr_edge.domain.people.person import Role, SourcePermission
from alpr_edge.domain.reads import EarlierText
from alpr_edge.services.hits.corrections import ReadCorrections, StatedPlate
from alpr_edge.services.hits.dispositions import HitAnswer, HitDispositions
from alpr_edge.services.hits.hit_views import HitCard, HitViews
from alpr_edge.store.reads.dispositions import dispositions_of
from alpr_edge.store.requests.page_requests import WAITING_MAX, answer_request, requests_about, waiting_requests
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.staff import PEOPLE, Staff, staff_person
from tests.store.records import alert, amended, decided, hit, instant, plate_read, withdrawn
from tests.units import write_bare_unit

LOCAL_OFFICER = staff_person("local", Role.OFFICER, sources=frozenset({SourcePermission.DEPARTMENT}))
HIT = "unit-1:hit-1"
STATED = StatedPlate("7abo-128", "nevada")


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Staff:
    return Staff(write_bare_unit(tmp_path_factory.mktemp("corrections")), (*PEOPLE, LOCAL_OFFICER))


@pytest.fixture
def store(staff: Staff) -> Iterator[UnitStore]:
    with open_store(staff.unit, migrate=True) as store:
        with store.database.write() as connection:
            for table in ("requests", "outbox", "dispositions", "alerts", "hits", "reads"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
        covert = hit("unit-1:hit-2", "read-2")
        covert = replace(covert, entry=replace(covert.entry, covert=True))
        store.reads.commit([
            decided(plate_read("earlier", "7AB0128")),
            decided(plate_read(), hits=(hit(HIT),), alerts=[AlertRecord(alert(HIT))]),
            decided(plate_read("read-2"), hits=(covert,)),
        ])  # fmt: skip
        yield store


@pytest.fixture
def views(staff: Staff, store: UnitStore) -> HitViews:
    return HitViews(store, staff.unit.hotlist)


@pytest.fixture
def corrections(store: UnitStore, views: HitViews) -> ReadCorrections:
    numbers = itertools.count()
    return ReadCorrections(store, "unit-1", views, lambda: f"unit-1:{id(numbers)}-{next(numbers)}")


def answers(store: UnitStore) -> list[tuple[str, str]]:
    with store.database.read() as connection:
        return [(each.part.value, each.answer) for each in dispositions_of(connection, [HIT]).get(HIT, [])]


def test_a_card_is_withdrawn_where_its_own_alert_is_though_another_of_the_read_stands(
    staff: Staff, store: UnitStore, views: HitViews
) -> None:
    read, others = plate_read("read-3"), [hit(f"unit-1:hit-{number}", "read-3") for number in (3, 4)]
    first, second = (alert(each.hit_id, "read-3") for each in others)
    store.reads.commit([
        decided(read, others, [AlertRecord(first)]),
        amended(read, alerts=[withdrawn(AlertRecord(first)), AlertRecord(second, instant(950))]),
    ])  # fmt: skip
    with staff.authoriser("officer") as authoriser:
        cards = [views.card(authoriser, each.hit_id) for each in others]
    shown = [card.alert for card in cards if isinstance(card, HitCard)]
    assert [(each.alert, each.withdrawn_at) for each in shown if each] == [(first, instant(900)), (second, None)]


def test_one_act_says_misread_and_what_it_says_with_the_plate_as_a_query_on_record(
    staff: Staff, store: UnitStore, corrections: ReadCorrections
) -> None:
    before = len(staff.records())
    with staff.authoriser("officer") as authoriser:
        asked = corrections.ask(authoriser, HIT, STATED)
    assert asked is not None
    assert asked.content == Correction(HIT, "read-1", "7ABO128", "NV")
    assert (asked.person_id, asked.person) == ("officer", "Officer")
    with store.database.read() as connection:
        assert waiting_requests(connection) == [asked]
    assert answers(store) == [("read", "misread")]
    (record,) = staff.records()[before:]
    assert (record.action, record.outcome, record.query) == ("correct_read", "allowed", "7AB0128")
    assert (record.objects, record.note) == ((HIT, "read-1"), "read: corrected")


def test_the_texts_that_a_misread_had_before_stay_its_own() -> None:
    misread = replace(plate_read(), earlier_texts=(EarlierText("7ABC12B", 0.6, 12),))
    read = corrected_read(misread, Correction(HIT, "read-1", "7ABO128", "NV"), "unit-1:1", "ana")
    assert (read.supersedes, read.earlier_texts) == ("read-1", ())


def test_misread_is_said_once_however_often_it_is_corrected(
    staff: Staff, store: UnitStore, views: HitViews, corrections: ReadCorrections
) -> None:
    said = HitDispositions(store.database, "unit-1", views, lambda: "unit-1:said")
    with staff.authoriser("officer") as authoriser:
        said.record(authoriser, HIT, HitAnswer(DispositionPart.READ, "misread"))
        corrections.ask(authoriser, HIT, STATED)
        corrections.ask(authoriser, HIT, StatedPlate("7ABO129"))
        card = views.card(authoriser, HIT)
    assert answers(store) == [("read", "misread")]
    assert isinstance(card, HitCard)
    shown = corrections.of_card(card, staff.clock.now())
    texts = [each.content.text for each in shown.requests if isinstance(each.content, Correction)]
    assert (texts, shown.corrected_by, shown.is_known) == (["7ABO129", "7ABO128"], "", True)


def test_a_correction_that_nobody_answers_in_time_is_shown_as_not_matched(
    staff: Staff, store: UnitStore, views: HitViews, corrections: ReadCorrections
) -> None:
    with staff.authoriser("officer") as authoriser:
        asked = corrections.ask(authoriser, HIT, STATED)
        card = views.card(authoriser, HIT)
    assert asked is not None
    assert isinstance(card, HitCard)
    limit_ms = CORRECTION_S_MAX * 1000
    for age_ms, answer in ((limit_ms, None), (limit_ms + 1, RequestAnswer(RequestOutcome.TOO_LATE))):
        (shown,) = corrections.of_card(card, asked.made.shift(age_ms)).requests
        assert shown.answer == answer
    done = RequestAnswer(RequestOutcome.DONE)
    with store.database.write() as connection:
        answer_request(connection, asked.request_id, done, asked.made)
    assert [each.answer for each in corrections.of_card(card, asked.made.shift(limit_ms + 1)).requests] == [done]


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        (StatedPlate(""), "no letter or digit"),
        (StatedPlate("7AB?128"), "without"),
        (StatedPlate("7"), "2 characters"),
        (StatedPlate("7ABC123456789"), "longer"),
        (StatedPlate("7ÄB128"), "beside A to Z and 0 to 9"),
        (StatedPlate("7AB128\u202e"), "letters and digits alone"),
        (StatedPlate("7AB128", "Atlantis"), "no state"),
    ],
)
def test_what_is_no_plate_changes_nothing(
    staff: Staff, store: UnitStore, corrections: ReadCorrections, stated: StatedPlate, says: str
) -> None:
    with staff.authoriser("officer") as authoriser, pytest.raises(DispositionError, match=says):
        corrections.ask(authoriser, HIT, stated)
    with store.database.read() as connection:
        assert waiting_requests(connection) == []
    assert answers(store) == []


def test_the_text_as_it_was_read_says_misread_and_no_more(
    staff: Staff, store: UnitStore, corrections: ReadCorrections
) -> None:
    with staff.authoriser("officer") as authoriser:
        assert corrections.ask(authoriser, HIT, StatedPlate("7ABC123", "CA")) is None
    with store.database.read() as connection:
        assert waiting_requests(connection) == []
    assert answers(store) == [("read", "misread")]


def test_the_state_alone_may_be_wrong_which_is_no_misread_plate(
    staff: Staff, store: UnitStore, corrections: ReadCorrections
) -> None:
    with staff.authoriser("officer") as authoriser:
        asked = corrections.ask(authoriser, HIT, StatedPlate("7ABC123"))
    assert asked is not None
    assert isinstance(asked.content, Correction)
    assert asked.content.state is None
    assert answers(store) == [("read", "wrong_state")]


@pytest.mark.parametrize("person", ["", "technician", "auditor", "local"])
def test_whoever_may_not_corrects_nothing_and_looks_nothing_up(
    staff: Staff, store: UnitStore, corrections: ReadCorrections, person: str
) -> None:
    with staff.authoriser("officer") as authoriser:
        corrections.ask(authoriser, HIT, STATED)
    with staff.authoriser(person) as authoriser:
        with pytest.raises(AccessError):
            corrections.ask(authoriser, HIT, StatedPlate("7ABO120"))
        with pytest.raises(AccessError):
            corrections.earlier_reads(authoriser, HIT)
    with store.database.read() as connection:
        assert len(requests_about(connection, ["read-1"])) == 1


@pytest.mark.parametrize("hit_id", ["unit-1:hit-2", "none", "", "x" * 5000])
def test_a_covert_hit_is_as_if_it_were_not_there(staff: Staff, corrections: ReadCorrections, hit_id: str) -> None:
    with staff.authoriser("officer") as authoriser:
        for asked in (
            lambda: corrections.ask(authoriser, hit_id, STATED),
            lambda: corrections.earlier_reads(authoriser, hit_id),
        ):
            with pytest.raises(DispositionError, match="there is no such hit"):
                asked()


def test_a_unit_that_answers_nothing_takes_no_further_requests(
    staff: Staff, store: UnitStore, corrections: ReadCorrections
) -> None:
    with store.database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO requests (request_id, kind, content, person_id, person, session, made_boot_id,"
            " made_boottime_ns, made_utc_source) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
            f" WHERE i < {WAITING_MAX}) SELECT 'many-' || i, 'end_mute', '{{}}', '', '', '', '', 0, 'gnss' FROM n"
        )
    with staff.authoriser("officer") as authoriser, pytest.raises(StoreError, match="answers nothing"):
        corrections.ask(authoriser, HIT, STATED)
    assert answers(store) == []


def test_earlier_reads_of_the_corrected_text_are_found_and_each_look_is_on_record(
    staff: Staff, corrections: ReadCorrections
) -> None:
    with staff.authoriser("officer") as authoriser:
        with pytest.raises(DispositionError, match="nobody has said"):
            corrections.earlier_reads(authoriser, HIT)
        corrections.ask(authoriser, HIT, STATED)
        found = corrections.earlier_reads(authoriser, HIT)
    assert [(each.read.read_id, each.seen.utc is not None) for each in found] == [("earlier", True)]
    record = staff.records()[-1]
    assert (record.action, record.query, record.objects, record.shown) == ("look_back", "7AB0128", ("earlier",), 1)


@pytest.mark.parametrize(
    ("read_state", "listed", "person", "offered"),
    [("NV", "CA", None, ""), ("CA", "CA", None, "CA"), ("NV", "CA", "officer", "NV"), (None, None, None, "")],
)
def test_a_form_offers_no_state_that_the_unit_alone_read(
    corrections: ReadCorrections,
    views: HitViews,
    staff: Staff,
    read_state: str | None,
    listed: str | None,
    person: str | None,
    offered: str,
) -> None:
    """An officer who mends one character would else state it, and the inquiry at the terminal would find no record."""
    with staff.authoriser("officer") as authoriser:
        card = views.card(authoriser, HIT)
    assert isinstance(card, HitCard)
    read = replace(card.read.read, state=read_state, corrected_by=person)
    entry = replace(card.hit.entry, state=listed)
    shown = replace(card, read=replace(card.read, read=read), hit=replace(card.hit, entry=entry))
    assert corrections.of_card(shown, staff.clock.now()).state == offered


def test_a_form_sent_as_it_was_shown_says_nothing_of_a_state_that_the_unit_alone_read(
    staff: Staff, store: UnitStore, corrections: ReadCorrections
) -> None:
    listed = hit("unit-1:hit-3", "read-3")
    listed = replace(listed, entry=replace(listed.entry, state="CA"))
    read = replace(plate_read("read-3"), state="NV")
    store.reads.commit([decided(read, hits=(listed,))])
    with staff.authoriser("officer") as authoriser:
        assert corrections.ask(authoriser, "unit-1:hit-3", StatedPlate("7ABC123")) is None
        asked = corrections.ask(authoriser, "unit-1:hit-3", StatedPlate("7ABC123", "CA"))
    assert asked is not None
    assert isinstance(asked.content, Correction)
    assert asked.content.state == "CA"


def test_earlier_reads_are_the_departments_data_whatever_list_the_hit_is_of(
    staff: Staff, views: HitViews, corrections: ReadCorrections
) -> None:
    narrow = staff_person("narrow", Role.OFFICER, sources=frozenset({SourcePermission.STATE, SourcePermission.FEDERAL}))
    staff.install(*PEOPLE, LOCAL_OFFICER, narrow)
    with staff.authoriser("narrow") as authoriser:
        corrections.ask(authoriser, HIT, STATED)
        with pytest.raises(AccessError, match="no permission for them"):
            corrections.earlier_reads(authoriser, HIT)
    last = staff.records()[-1]
    assert (last.action, last.shown, last.note.startswith("not done")) == ("look_back", 0, True)
