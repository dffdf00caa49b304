"""Hits as officers see them and what they say of them: allowed, put on record, and kept apart from one another."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alpr_edge.access.authorisation.callers import Caller
from alpr_edge.domain.alerting import Level, ListAge
from alpr_edge.domain.dispositions.disposition import DispositionPart, DispositionText
from alpr_edge.domain.dispositions.hit_state import HitVerification
from alpr_edge.domain.errors import AccessError, DispositionError
from alpr_edge.domain.hits import Hit, Reason
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.people.person import Role, SourcePermission, Training
from alpr_edge.domain.permissions.hit_purposes import purpose_of_hit
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.domain.sessions.session import token_digest
from alpr_edge.services.hits.dispositions import HitAnswer, HitDispositions
from alpr_edge.services.hits.hit_views import HitCard, HitViews, WithheldCard, gravest_first
from alpr_edge.store.access.accounts import open_accounts
from alpr_edge.store.unit_store import UnitStore, open_store
from tests.staff import BEGUN, LOGIN, PEOPLE, Staff, staff_person
from tests.store.records import CROP, SCENE, amended, decided, heard, hit, instant, plate_read, withdrawn
from tests.units import write_bare_unit

PLATE = "7ABC123"
LOCAL_OFFICER = staff_person("local", Role.OFFICER, sources=frozenset({SourcePermission.DEPARTMENT}))
UNTRAINED = staff_person("untrained", Role.OFFICER, training=Training(BEGUN, BEGUN - timedelta(days=1)))
READ, INQUIRY, CONFIRMATION = DispositionPart.READ, DispositionPart.INQUIRY, DispositionPart.CONFIRMATION


def _hit(number: int, reason: Reason, *, covert: bool = False, level: Level | None = None) -> Hit:
    made = hit(f"unit-1:hit-{number}", f"read-{number}")
    return replace(made, entry=replace(made.entry, reason=reason, covert=covert), level=level)


HITS = {
    1: _hit(1, Reason.STOLEN_VEHICLE, level=Level.HIGH),
    2: _hit(2, Reason.AMBER_ALERT, level=Level.URGENT),
    3: _hit(3, Reason.STOLEN_VEHICLE, covert=True),
    4: _hit(4, Reason.OTHER),
}
NAMED, COVERT = HITS[1].hit_id, HITS[3].hit_id


@pytest.fixture(scope="module")
def staff(tmp_path_factory: pytest.TempPathFactory) -> Staff:
    settings = write_bare_unit(tmp_path_factory.mktemp("hits"))
    staff = Staff(settings, (*PEOPLE, LOCAL_OFFICER, UNTRAINED))
    with open_store(staff.unit, migrate=True) as store:
        for number, made in HITS.items():
            alerts = [] if made.entry.covert else [heard(made.hit_id, made.read_id)]
            pictures = ((CROP, f"crop {number}".encode()), (SCENE, f"scene {number}".encode()))
            store.reads.commit([decided(plate_read(made.read_id), (made,), alerts, pictures)])
        taken_back = withdrawn(heard(HITS[4].hit_id, "read-4"))
        store.reads.commit([amended(plate_read("read-4"), alerts=[taken_back]), decided(plate_read("read-5"))])
    return staff


@pytest.fixture
def store(staff: Staff) -> Iterator[UnitStore]:
    with open_store(staff.unit, migrate=False) as store:
        yield store


@pytest.fixture
def views(staff: Staff, store: UnitStore) -> HitViews:
    return HitViews(store, staff.unit.hotlist)


@pytest.fixture
def dispositions(store: UnitStore, views: HitViews) -> HitDispositions:
    numbers = itertools.count()
    return HitDispositions(store.database, "unit-1", views, lambda: f"unit-1:{id(numbers)}-{next(numbers)}")


def test_a_card_has_what_a_stop_depends_on_and_is_on_record_without_the_plate(staff: Staff, views: HitViews) -> None:
    before = len(staff.records())
    with staff.authoriser("officer") as authoriser:
        card = views.card(authoriser, NAMED)
    assert isinstance(card, HitCard)
    assert card.hit == HITS[1]
    assert [(pair.read, pair.differs) for pair in card.comparison] == [(character, False) for character in PLATE]
    assert card.alert is not None
    assert card.alert.sounded_at == instant(450)
    assert (card.list_age, card.state.verification) == (ListAge.FRESH, HitVerification.NOT_CONFIRMED)
    assert card.seen.utc is not None
    (record,) = staff.records()[before:]
    assert (record.action, record.outcome, record.purpose) == ("show_hit", "allowed", "stolen_vehicle")
    assert (record.objects, record.shown) == ((NAMED, "read-1"), 2)
    assert PLATE not in record.model_dump_json()


def test_without_a_permission_for_its_source_level_and_list_are_told_and_nothing_else(
    staff: Staff, views: HitViews, dispositions: HitDispositions
) -> None:
    with staff.authoriser("local") as authoriser:
        assert views.card(authoriser, NAMED) == WithheldCard(NAMED, "doj-svs", Level.HIGH)
        for refused in (
            lambda: views.picture(authoriser, NAMED, EvidenceKind.CROP),
            lambda: dispositions.record(authoriser, NAMED, HitAnswer(READ, "correct")),
        ):
            with pytest.raises(AccessError):
                refused()
    assert [record.reason for record in staff.records()[-2:]] == ["source", "source"]


@pytest.mark.parametrize("person", ["", "technician", "auditor", "untrained"])
def test_whoever_may_not_sees_nothing_and_says_nothing(
    staff: Staff, views: HitViews, dispositions: HitDispositions, person: str
) -> None:
    before = len(staff.records())
    with staff.authoriser(person) as authoriser:
        for refused in (
            lambda: views.card(authoriser, NAMED),
            lambda: views.picture(authoriser, NAMED, EvidenceKind.SCENE),
            lambda: dispositions.record(authoriser, NAMED, HitAnswer(READ, "correct")),
            lambda: dispositions.record(authoriser, NAMED, HitAnswer(INQUIRY, "still_on_file")),
        ):
            with pytest.raises(AccessError):
                refused()
    records = staff.records()[before:]
    assert [record.action for record in records] == ["show_hit", "show_hit", "dispose_hit", "verify_hit"]
    assert {record.outcome for record in records} == {"refused"}


@pytest.mark.parametrize("hit_id", [COVERT, "none", "", "x" * 5000])
def test_a_covert_hit_is_as_if_it_were_not_there(
    staff: Staff, views: HitViews, dispositions: HitDispositions, hit_id: str
) -> None:
    with staff.authoriser("officer") as authoriser:
        for asked in (
            lambda: views.card(authoriser, hit_id),
            lambda: views.picture(authoriser, hit_id, EvidenceKind.CROP),
            lambda: dispositions.record(authoriser, hit_id, HitAnswer(READ, "correct")),
        ):
            with pytest.raises(DispositionError, match="there is no such hit"):
                asked()


def test_a_picture_is_that_of_the_hit_and_its_size_is_on_record(staff: Staff, views: HitViews) -> None:
    with staff.authoriser("officer") as authoriser:
        assert views.picture(authoriser, NAMED, EvidenceKind.SCENE) == b"scene 1"
    assert staff.records()[-1].shown_bytes == len(b"scene 1")


def test_glances_tell_no_plate_and_the_gravest_that_waits_stands_first(views: HitViews) -> None:
    glances = views.glances(10)
    assert [glance.hit_id for glance in glances] == [HITS[number].hit_id for number in (2, 1, 4)]
    assert [glance.is_withdrawn for glance in glances] == [False, False, True]
    assert [glance.hit_id for glance in gravest_first(glances)] == [HITS[number].hit_id for number in (2, 1, 4)]
    done = [replace(glance, next_step=None) if glance.level is Level.URGENT else glance for glance in glances]
    assert [glance.hit_id for glance in gravest_first(done)] == [HITS[number].hit_id for number in (1, 2, 4)]
    assert PLATE not in repr(glances)
    assert len(views.glances(2)) == 2


@pytest.mark.review2(13)
def test_covert_hits_are_for_whoever_is_cleared_and_a_try_of_others_is_as_one_of_none(
    staff: Staff, views: HitViews, dispositions: HitDispositions
) -> None:
    with staff.authoriser("officer") as officer:
        before = len(staff.records())
        assert COVERT not in [glance.hit_id for glance in views.glances(10, officer)]
        for ask in (views.card, lambda who, name: dispositions.record(who, name, HitAnswer(READ, "correct"))):
            with pytest.raises(DispositionError, match="there is no such hit"):
                ask(officer, COVERT)
        tries = staff.records()[before:]
        with pytest.raises(DispositionError, match="there is no such hit"):
            views.card(officer, "hit-none")
        other = staff.records()[-1]
        assert [(each.action, each.outcome, each.reason, each.objects) for each in tries] == [
            (other.action, other.outcome, "not_found", (COVERT,))
        ] * 2
    with staff.authoriser("chief") as chief:
        assert [glance.hit_id for glance in views.glances(10, chief) if glance.is_covert] == [COVERT]
        card = views.card(chief, COVERT)
        assert isinstance(card, HitCard)
        assert card.hit.entry.covert
        assert staff.records()[-1].objects[0] == COVERT


def test_answers_of_two_officers_are_kept_apart_undone_and_seen_by_both(
    staff: Staff, views: HitViews, dispositions: HitDispositions
) -> None:
    hit_id = HITS[2].hit_id
    with staff.authoriser("officer") as authoriser:
        assert dispositions.record(authoriser, hit_id, HitAnswer(READ, "misread")).next_step is None
        misread = dispositions.record(authoriser, hit_id, HitAnswer(READ, "misread")).read
        assert misread is not None
        dispositions.record(authoriser, hit_id, HitAnswer(READ, "", undoes=misread.disposition_id))
        dispositions.record(authoriser, hit_id, HitAnswer(READ, "correct"))
        for seen in (misread.disposition_id, ""):
            with pytest.raises(DispositionError, match="another answer counts"):
                dispositions.record(authoriser, hit_id, HitAnswer(READ, "", undoes=seen))
        dispositions.record(authoriser, hit_id, HitAnswer(INQUIRY, "still_on_file"))
        with pytest.raises(DispositionError, match="say who"):
            dispositions.record(authoriser, hit_id, HitAnswer(CONFIRMATION, "confirmed"))
        with pytest.raises(DispositionError, match="nothing to undo"):
            dispositions.record(authoriser, hit_id, HitAnswer(CONFIRMATION, ""))
    with staff.authoriser("supervisor") as authoriser:
        who = DispositionText(number="77", name="Desk of Fresno PD")
        state = dispositions.record(authoriser, hit_id, HitAnswer(CONFIRMATION, "confirmed", who))
        card = views.card(authoriser, hit_id)
    assert isinstance(card, HitCard)
    assert card.state == state
    assert state.verification is HitVerification.CONFIRMED
    assert [each.person for each in (state.read, state.inquiry, state.confirmation) if each] == [
        "Officer",
        "Officer",
        "Supervisor",
    ]
    assert [(each.answer, bool(each.undoes)) for each in card.said] == [
        ("misread", False),
        ("", True),
        ("correct", False),
        ("still_on_file", False),
        ("confirmed", False),
    ]
    notes = [record.note for record in staff.records() if hit_id in record.objects]
    assert "read: undone" in notes
    assert "confirmation: confirmed" in notes


def test_a_double_touch_is_one_answer_and_another_person_or_text_is_another(
    staff: Staff, views: HitViews, dispositions: HitDispositions
) -> None:
    hit_id, whom = HITS[1].hit_id, DispositionText(name="Desk of Fresno PD")
    with staff.authoriser("officer") as authoriser:
        for text in (whom, whom, replace(whom, number="77")):
            dispositions.record(authoriser, hit_id, HitAnswer(CONFIRMATION, "confirmed", text))
    with staff.authoriser("supervisor") as authoriser:
        dispositions.record(authoriser, hit_id, HitAnswer(CONFIRMATION, "confirmed", replace(whom, number="77")))
        card = views.card(authoriser, hit_id)
    assert isinstance(card, HitCard)
    assert [(each.text.number, each.person) for each in card.said] == [
        ("", "Officer"),
        ("77", "Officer"),
        ("77", "Supervisor"),
    ]


def test_what_a_page_asks_for_by_itself_is_no_use_of_the_session(staff: Staff, views: HitViews) -> None:
    begun = staff.clock.now().shift(-600_000)
    token = staff.begin_session("officer", now=begun)

    def last_use() -> Instant:
        with open_accounts(*_folders(staff), migrate=False) as accounts, accounts.reading() as rows:
            session = rows.session(token_digest(token))
        assert session is not None
        return session.used

    with staff.authoriser_of(Caller(LOGIN, token, is_use=False)) as by_itself:
        views.card(by_itself, NAMED)
    with staff.authoriser_of(Caller(LOGIN, token)) as authoriser:
        assert not authoriser.may_see_covert()
        views.glances(10, authoriser)
        views.picture(authoriser, NAMED, EvidenceKind.CROP)
        assert last_use() == begun
        views.card(authoriser, NAMED)
    assert last_use() != begun


def _folders(staff: Staff) -> tuple[Path, Path]:
    return staff.unit.unit.data_directory, staff.unit.store.keys_directory


def test_the_letter_o_is_shown_where_it_was_read_and_listed(staff: Staff, views: HitViews, store: UnitStore) -> None:
    read = replace(plate_read("read-o", "7AB0120"), slot_votes=tuple(((each, 1.0),) for each in "7ABO120"))
    made = hit("unit-1:hit-o", "read-o", "7AB0120")
    store.reads.commit([decided(read, hits=(replace(made, entry=replace(made.entry, plate_raw="7ab-012O")),))])
    with staff.authoriser("officer") as authoriser:
        card = views.card(authoriser, "unit-1:hit-o")
    assert isinstance(card, HitCard)
    lines = ["".join(pair.read for pair in card.comparison), "".join(pair.listed for pair in card.comparison)]
    assert lines == ["7ABO120", "7AB012O"]
    assert not any(pair.differs for pair in card.comparison)


def test_a_hit_whose_reason_the_profile_bars_is_refused_and_on_record_as_what_it_is(
    staff: Staff, views: HitViews, store: UnitStore
) -> None:
    made = hit("unit-1:hit-i", "read-i", "7ABC123")
    barred = replace(made, entry=replace(made.entry, reason=Reason.IMMIGRATION_VIOLATOR))
    store.reads.commit([decided(plate_read("read-i", "7ABC123"), hits=(barred,))])
    with staff.authoriser("officer") as authoriser, pytest.raises(AccessError, match="barred"):
        views.card(authoriser, "unit-1:hit-i")
    record = staff.records()[-1]
    assert (record.purpose, record.outcome.value) == ("immigration_enforcement", "refused")


@pytest.mark.parametrize("reason", [each for each in Reason if each is not Reason.IMMIGRATION_VIOLATOR])
def test_every_hit_that_no_profile_bars_has_a_purpose_that_needs_nothing_typed(staff: Staff, reason: Reason) -> None:
    with staff.authoriser("officer") as authoriser:
        rule = authoriser.policy.profile.purposes[purpose_of_hit(reason).code]
    assert {rule.offence.value, rule.case.value} == {"optional"}
