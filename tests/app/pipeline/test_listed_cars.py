"""Listed cars that used to stay silent, and disowned ones that used to sound."""

from collections.abc import Callable
from typing import ClassVar

import numpy as np
import pytest

from alpr_edge.domain.alerting import AlertRecord, Silence, Tone
from alpr_edge.domain.hits import Reason
from alpr_edge.domain.page_requests.corrections import Correction, corrected_read
from alpr_edge.domain.plates import ALPHABET, canonical
from alpr_edge.domain.reads import PlateRead, ReadStage
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Frame, Probabilities, Reading
from tests.app.pipeline.alert_world import PIXELS, Street
from tests.domain.readings import slots_of

LISTED, LOOK_ALIKE = "7ABC128", "7ABC123"
SURE, CLEAR, POOR = {"8": 0.995}, {"8": 0.85, "3": 0.03}, {"8": 0.75, "3": 0.15}


def last_character(shares: dict[str, float]) -> Probabilities:
    """A look at 7ABC12? whose last character is read with these probabilities."""
    slots = slots_of(LISTED, 0.995)
    slots[6] = (1 - sum(shares.values())) / (len(ALPHABET) - len(shares))
    for character, share in shares.items():
        slots[6, ALPHABET.index(character)] = share
    return np.asarray(slots / slots.sum(axis=1, keepdims=True), np.float32)


class Road(Street):
    """A street with one camera, on which looks are given by their slots."""

    CAMERA: ClassVar[str] = "front"

    def see(self, slots: Probabilities | None, frames: int = 1, place: int = 0) -> None:
        """Show a car, or nothing, for some frames of a tenth of a second."""
        for _ in range(frames):
            self.ms += 100
            self.frame_number += 1
            box = Box(place * 40.0, 10, place * 40.0 + 20, 20)
            looks = [] if slots is None else [Reading(self.frame_number, self.now(), box, 0.9, slots, 100.0)]
            self.cameras[self.CAMERA].process(Frame(self.CAMERA, self.frame_number, self.now(), PIXELS), looks)
            self._take(self.alerter.review(self.now()))

    @property
    def tones_heard(self) -> list[Tone]:
        return [tone for tone, _ in self.device.played]

    @property
    def reads(self) -> dict[str, PlateRead]:
        """The final reads by text."""
        ends = [update.read for update in self.updates if update.stage is ReadStage.CLOSED]
        return {read.plate: read for read in ends}

    def records_of(self, plate: str) -> list[AlertRecord]:
        """The alerts of an entry."""
        return [self.records[hit.hit_id] for hit in self.hits.values() if hit.entry.plate == canonical(plate)]


@pytest.fixture
def road() -> Road:
    return Road()


def list_car(road: Road, size: int = 10, reason: Reason = Reason.AMBER_ALERT) -> None:
    road.lists.add(LISTED, reason, size)


@pytest.mark.parametrize(("wrong", "right", "shares"), [(1, 6, CLEAR), (1, 12, POOR), (2, 12, CLEAR), (2, 25, POOR)])
def test_a_car_whose_first_looks_are_misread_with_certainty_is_heard(
    road: Road, wrong: int, right: int, shares: dict[str, float]
) -> None:
    list_car(road)
    road.see(last_character({"3": 0.995}), wrong)
    assert road.tones_heard == []
    road.see(last_character(shares), right)
    road.see(None, 20)
    assert set(road.tones_heard) <= {Tone.POSSIBLE, Tone.URGENT}
    assert road.tones_heard
    road.finish()
    assert [one.plate for one in road.reads[LISTED].earlier_texts] == [LOOK_ALIKE]


@pytest.mark.parametrize(("frames", "shares"), [(3, CLEAR), (10, POOR), (10, SURE)])
@pytest.mark.parametrize("frames_before", [3, 10])
def test_a_car_behind_one_that_differs_in_one_character_is_heard(
    road: Road, frames: int, shares: dict[str, float], frames_before: int
) -> None:
    list_car(road)
    road.see(last_character({"3": 0.995}), frames_before)
    road.see(None, 50)
    road.see(last_character(shares), frames)
    road.see(None, 20)
    assert road.tones_heard == [Tone.URGENT if shares is SURE else Tone.POSSIBLE]
    road.finish()
    assert set(road.reads) == {LISTED, LOOK_ALIKE}


def test_a_doubtful_car_keeps_its_alert_when_the_next_one_differs_in_one_character(road: Road) -> None:
    list_car(road)
    road.see(last_character({"8": 0.6, "3": 0.05}), 3)
    road.see(None, 50)
    road.see(last_character({"3": 0.995}), 10)
    road.see(None, 20)
    assert road.tones_heard == [Tone.URGENT]
    road.finish()
    assert [record.withdrawn_at for record in road.records_of(LISTED)] == [None]


@pytest.mark.parametrize("frames_away", [0, 40])
def test_an_entry_that_goes_live_is_heard_for_a_car_in_view_and_for_one_that_has_just_left(
    road: Road, frames_away: int
) -> None:
    road.see(slots_of(LISTED, 0.999), 10)
    road.see(None, frames_away)
    assert road.tones_heard == []
    list_car(road)
    live_ms = road.ms
    while not road.device.played and road.ms < live_ms + 1000:
        road.see(None if frames_away else slots_of(LISTED, 0.999))
    assert road.tones_heard == [Tone.URGENT]


def test_an_entry_that_its_list_drops_is_withdrawn_while_the_car_is_in_view(road: Road) -> None:
    list_car(road)
    road.see(slots_of(LISTED, 0.999), 10)
    del road.lists.entries[LISTED]
    road.see(slots_of(LISTED, 0.999), 10)
    assert road.tones_heard == [Tone.URGENT, Tone.WITHDRAWN]
    assert [record.withdrawn_at is not None for record in road.records_of(LISTED)] == [True]


def disown(road: Road) -> None:
    (hit,) = road.hits.values()
    road.answer(hit.hit_id, "misread")


def correct(road: Road) -> None:
    (hit,) = road.hits.values()
    misread = road.plates_at[hit.read_id]
    read = corrected_read(misread, Correction(hit.hit_id, misread.read_id, LOOK_ALIKE, None), "person-1", "officer")
    road.alerter.correct(misread, [(hit, road.records[hit.hit_id])], read, road.now())


@pytest.mark.parametrize(("say", "tones"), [(disown, [Tone.POSSIBLE]), (correct, [Tone.POSSIBLE, Tone.WITHDRAWN])])
def test_a_vote_that_settles_does_not_sound_what_an_officer_disowned(
    road: Road, say: Callable[[Road], None], tones: list[Tone]
) -> None:
    list_car(road, size=50_000)
    road.see(last_character({"8": 0.6, "3": 0.2}), 9)
    assert road.tones_heard == [Tone.POSSIBLE]
    say(road)
    road.see(slots_of(LISTED, 0.999), 30)
    road.see(None, 30)
    road.see(slots_of(LISTED, 0.8), 5)
    assert road.tones_heard == tones


def test_another_car_with_the_plate_that_an_officer_disowned_is_heard(road: Road) -> None:
    list_car(road)
    road.see(last_character({"8": 0.7, "3": 0.1}), 9)
    disown(road)
    road.see(None, 350)
    road.see(slots_of(LISTED, 0.999), 5)
    assert road.tones_heard == [Tone.URGENT, Tone.URGENT]


def test_what_a_person_says_is_heard_once_and_is_the_one_live_read(road: Road) -> None:
    list_car(road, size=50_000, reason=Reason.FELONY_VEHICLE)
    road.see(last_character({"3": 0.6, "8": 0.2}), 9)
    (hit,) = road.hits.values()
    misread = road.plates_at[hit.read_id]
    read = corrected_read(misread, Correction(hit.hit_id, misread.read_id, LISTED, None), "person-1", "officer")
    road.alerter.correct(misread, [(hit, road.records[hit.hit_id])], read, road.now())
    road.see(slots_of(LISTED, 0.999), 60)
    road.finish()
    assert road.tones_heard == [Tone.POSSIBLE, Tone.URGENT]
    assert len({update.read.read_id for update in road.updates if update.stage is ReadStage.CLOSED}) == 1
    assert read.supersedes == misread.read_id


def test_an_alert_that_stayed_quiet_sounds_once_its_reason_is_over_and_the_car_is_in_view(road: Road) -> None:
    list_car(road, reason=Reason.STOLEN_VEHICLE)
    road.muted = True
    road.see(slots_of(LISTED, 0.999), 10)
    assert road.tones_heard == []
    assert [record.silence for record in road.records_of(LISTED)] == [Silence.MUTED]
    road.muted = False
    road.see(slots_of(LISTED, 0.999), 10)
    assert road.tones_heard == [Tone.HIGH]
    assert [record.late_tone is not None for record in road.records_of(LISTED)] == [True]
