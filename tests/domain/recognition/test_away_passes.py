"""Passes whose vehicle is out of view and may come back: how many wait, and how many of them hold a frame."""

from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.passes import AWAY_FRAMES_MAX, AWAY_MAX, Passes
from tests.domain.readings import CLOSED, DECIDED, START, reading_of
from tests.domain.recognition.test_passes import passes_of, play


def leave_at_once(passes: Passes, count: int, sharper: float = 0) -> list[str]:
    """Have so many vehicles in view for two frames, in the second a little sharper; returns their texts."""
    texts = [f"{chr(ord('A') + number) * 3}{number % 10}{'2345678'[number % 7]}Z" for number in range(count)]
    for ms in (0.0, 100.0):
        looks = [
            reading_of(text, ms, Box(60 * n, 100, 60 * n + 50, 130), 0.999, 100 + sharper * ms)
            for n, text in enumerate(texts)
        ]
        play(passes, [(ms, looks)])
    return texts


def test_passes_that_wait_for_their_vehicle_are_bounded_and_the_oldest_closes() -> None:
    passes = passes_of()
    texts = leave_at_once(passes, AWAY_MAX + 1)
    ((_, closed),) = play(passes, [(1101, []), (1102, [])])
    assert closed.read.plate == texts[0]
    assert len(passes.close(START.shift(1103))) == AWAY_MAX


def test_of_passes_beyond_a_few_that_wait_the_sharper_crop_is_kept_without_its_frame() -> None:
    passes = passes_of()
    texts = leave_at_once(passes, AWAY_FRAMES_MAX + 2, sharper=1)
    assert play(passes, [(1101, []), (1102, [])]) == []
    closed = [event for event in passes.close(START.shift(1103)) if event.stage is CLOSED]
    assert [event.read.plate for event in closed] == texts
    pictures = [event.evidence for event in closed if event.evidence is not None]
    assert all(picture.crop.size for picture in pictures)
    assert [picture.scene.size > 0 for picture in pictures] == [False] * 2 + [True] * AWAY_FRAMES_MAX


def test_a_vehicle_seen_again_after_many_others_were_seen_sharper_is_one_read() -> None:
    passes, at_ms = passes_of(), 0.0
    plates = ["7ABC123", "4KLM567", "8XYZ901", "3DEF246", "5GHJ802", "6RST135"]
    events = []
    for plate in (*plates, plates[0]):
        looks = [reading_of(plate, at_ms + ms, certainty=0.999, sharpness=100 + ms) for ms in range(0, 400, 100)]
        events += play(passes, [(look.captured_at.ms_since(START), [look]) for look in looks])
        events += play(passes, [(at_ms + 1500, []), (at_ms + 1600, [])])
        at_ms += 2000
    assert [event.read.plate for _, event in events if event.stage is DECIDED] == plates
