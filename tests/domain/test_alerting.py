from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.alerting import (
    Alert,
    Level,
    ListAge,
    MatchContext,
    Tone,
    alert_of,
    gravity_of,
    level_of,
    level_of_hit,
    phrase_of,
    tone_of,
)
from alpr_edge.domain.hits import Generation, Hit, HotlistEntry, MatchKind, Reason, StateMatch
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.list_ages import list_age

PLATE = "5SOW350"
AT = Instant("boot", 0)


def hit(
    reason: Reason = Reason.STOLEN_VEHICLE,
    kind: MatchKind = MatchKind.EXACT,
    state: StateMatch = StateMatch.SAME,
    age_s: float | None = 0,
    hit_id: str = "hit",
) -> Hit:
    entry = HotlistEntry("clew", PLATE, PLATE, "CA", reason)
    return Hit(hit_id, "read", entry, Generation("clew", 1, None, None, 1), age_s, kind, state, AT)


def alert_for(one: Hit, age: ListAge = ListAge.FRESH) -> Alert:
    return alert_of(one, MatchContext(age))


def gravest(*several: tuple[Hit, MatchContext]) -> Alert:
    """The alert of the hit that is told of first."""
    return alert_of(*max(several, key=lambda one: gravity_of(*one)))


hits = st.builds(hit, st.sampled_from(Reason), st.sampled_from(MatchKind), st.sampled_from(StateMatch))
ages = st.sampled_from(ListAge)


@given(hits, ages)
def test_only_an_exact_hit_of_this_state_from_a_list_within_its_limit_has_a_full_tone(one: Hit, age: ListAge) -> None:
    alert = alert_for(one, age=age)
    certain = one.kind is MatchKind.EXACT and one.state_match is not StateMatch.OTHER and age is not ListAge.RED
    assert (alert.tone is not Tone.POSSIBLE) == certain
    assert (alert.level is not Level.NOTICE) == certain
    assert alert.tone == tone_of(one, MatchContext(age))
    assert (alert.hit_id, alert.read_id, alert.list_age) == ("hit", "read", age)


@given(hits, ages)
def test_a_read_in_doubt_on_a_large_list_is_possible_and_says_so(one: Hit, age: ListAge) -> None:
    standing = MatchContext(age, doubtful=True)
    alert = alert_of(one, standing)
    assert (alert.tone, alert.level) == (Tone.POSSIBLE, Level.NOTICE)
    assert "compare the characters" in alert.phrase


def test_a_certain_hit_of_a_small_list_goes_before_one_in_doubt_of_a_large_one() -> None:
    doubtful_hit, plain = hit(Reason.AMBER_ALERT, hit_id="doubted"), hit(Reason.OTHER, hit_id="plain")
    alert = gravest((doubtful_hit, MatchContext(doubtful=True)), (plain, MatchContext()))
    assert (alert.hit_id, alert.tone) == ("plain", Tone.ROUTINE)


@given(hits, ages)
def test_every_phrase_ends_in_verification_and_holds_no_plate(one: Hit, age: ListAge) -> None:
    phrase = phrase_of(one, MatchContext(age))
    assert phrase.endswith("; verify through CLETS")
    assert PLATE not in phrase
    assert not any(character.isdigit() or character.isupper() for character in phrase.removesuffix("CLETS"))


@given(hits, ages)
def test_a_phrase_says_whatever_makes_the_hit_doubtful(one: Hit, age: ListAge) -> None:
    phrase = phrase_of(one, MatchContext(age))
    assert ("compare the characters" in phrase) == (one.kind is not MatchKind.EXACT)
    assert ("other state" in phrase) == (one.state_match is StateMatch.OTHER)
    assert ("state unknown" in phrase) == (one.state_match is StateMatch.UNKNOWN)
    assert ("list is" in phrase) == (age is not ListAge.FRESH)


def test_phrases_as_they_are_heard() -> None:
    assert phrase_of(hit(), MatchContext()) == "stolen vehicle; verify through CLETS"
    doubtful = hit(Reason.FELONY_VEHICLE, MatchKind.CONFUSABLE, StateMatch.OTHER)
    assert phrase_of(doubtful, MatchContext(ListAge.RED)) == (
        "felony vehicle, possible, confusable match, compare the characters, other state, list is old;"
        " verify through CLETS"
    )
    assert phrase_of(hit(), MatchContext(ListAge.AMBER, doubtful=True)) == (
        "stolen vehicle, possible, plate not read with certainty, compare the characters, list is not fresh;"
        " verify through CLETS"
    )


def test_levels_and_tones_of_reasons() -> None:
    urgent, high, routine = Reason.AMBER_ALERT, Reason.STOLEN_VEHICLE, Reason.SUPERVISED_RELEASE
    assert [level_of(reason) for reason in (urgent, high, routine)] == [Level.URGENT, Level.HIGH, Level.ROUTINE]
    assert [alert_for(hit(reason)).tone for reason in (urgent, high, routine)] == [Tone.URGENT, Tone.HIGH, Tone.ROUTINE]


@given(st.lists(hits, min_size=1, max_size=6), ages)
def test_a_certain_hit_is_sounded_before_any_possible_one_and_the_gravest_of_them(
    several: list[Hit], age: ListAge
) -> None:
    alert = gravest(*((one, MatchContext(age)) for one in several))
    certain = [level_of(one.entry.reason) for one in several if tone_of(one, MatchContext(age)) is not Tone.POSSIBLE]
    assert alert.level == max(certain, default=Level.NOTICE)


def test_among_possible_hits_the_likeliest_is_named() -> None:
    partial = hit(Reason.AMBER_ALERT, MatchKind.PARTIAL, hit_id="partial")
    confusable = hit(Reason.STOLEN_PLATE, MatchKind.CONFUSABLE, hit_id="confusable")
    elsewhere = hit(Reason.AMBER_ALERT, MatchKind.EXACT, StateMatch.OTHER, hit_id="elsewhere")
    assert gravest(*((one, MatchContext()) for one in (partial, elsewhere, confusable))).hit_id == "confusable"
    doubtful_hit, doubtful = hit(Reason.OTHER, hit_id="doubted"), MatchContext(doubtful=True)
    assert gravest((confusable, doubtful), (doubtful_hit, doubtful)).hit_id == "doubted"


def test_a_hit_from_an_old_list_yields_to_one_from_a_fresh_list() -> None:
    old, fresh = hit(Reason.AMBER_ALERT, age_s=1e6, hit_id="old"), hit(Reason.STOLEN_VEHICLE, hit_id="fresh")
    alert = gravest((old, MatchContext(ListAge.RED)), (fresh, MatchContext()))
    assert (alert.hit_id, alert.tone, alert.list_age) == ("fresh", Tone.HIGH, ListAge.FRESH)


@pytest.mark.parametrize(
    ("age_h", "age"),
    [(None, "amber"), (-1, "amber"), (0, "fresh"), (12.9, "fresh"), (13, "amber"), (24, "red"), (900, "red")],
)
def test_the_age_of_a_list(age_h: float | None, age: str) -> None:
    age_s = None if age_h is None else age_h * 3600
    assert list_age(age_s, timedelta(hours=13), timedelta(hours=24)) == age


@pytest.mark.parametrize("level", Level)
def test_a_stored_hit_keeps_the_level_that_it_was_stored_with(level: Level) -> None:
    assert level_of_hit(replace(hit(Reason.AMBER_ALERT), level=int(level))) is level


@pytest.mark.parametrize("reason", Reason)
def test_a_hit_that_was_stored_without_a_level_has_that_of_its_reason(reason: Reason) -> None:
    assert level_of_hit(hit(reason)) is level_of(reason)
