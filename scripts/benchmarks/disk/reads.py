"""Reads as a unit writes them, with pictures of real streets: what the disk benchmark fills a disk with."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import cv2
import numpy as np

from alpr_edge.app.pipeline.record_ids import new_id
from alpr_edge.capture.pictures import load_picture
from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.hits import Generation, Hit, HotlistEntry, MatchKind, Reason, StateMatch
from alpr_edge.domain.instants import NS_PER_S, Instant, UtcSource
from alpr_edge.domain.reads import Alternative, EvidenceKind, PlateRead, ReadStage, ReadUpdate
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.settings import StoreSettings
from alpr_edge.vision.jpeg_pictures import jpeg, shrink

SEED = 4625
A_DAY = 10_000
FRAMES = 60
"""Street scenes that the reads take turns with: day, night, and a sunlit street full of leaves."""
FRAME_PX = 1280, 720
CROP_PX = 170, 62
SHARPER_SHARE = 0.65
"""Passes whose sharpest look comes after the decision: 11 of 17 in a rendered drive and a recording."""
HIT_SHARE = 0.005
_CHARACTERS = "0123456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
START = datetime(2026, 1, 5, 8, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ReadPictures:
    """The JPEGs of one picture of a street."""

    crop: bytes
    scene: bytes
    full: bytes
    """The whole frame, as a hit keeps it."""


def looks(data: Path, settings: StoreSettings) -> list[ReadPictures]:
    """Real frames as the recorder encodes them.

    Raises:
        CaptureError: there are no pictures.
    """
    frames = list(_frames(data))
    if not frames:
        raise CaptureError(f"{data}: no pictures of streets in dashcam and video; set --data or ALPR_EDGE_DATA")
    return [pictures_of(frame, settings) for frame in frames]


def _frames(data: Path) -> Iterator[Pixels]:
    """Half from dashcam rides by day and night, half from a recording."""
    names = sorted((data / "dashcam").glob("*.jpg"))
    step = max(1, len(names) // (FRAMES // 2))
    yield from (load_picture(path) for path in names[::step][: FRAMES // 2])
    video = cv2.VideoCapture(str(data / "video" / "cars.mp4"))
    for number in itertools.count():
        has_frame, frame = video.read()
        if not has_frame or number >= FRAMES // 2 * 10:
            video.release()
            return
        if number % 10 == 0:
            yield frame.astype(np.uint8, copy=False)


def pictures_of(frame: Pixels, settings: StoreSettings) -> ReadPictures:
    """One street scene as the recorder encodes it."""
    frame = cv2.resize(frame, FRAME_PX, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    width, height = CROP_PX
    crop = frame[360 : 360 + height, 500 : 500 + width]
    scene = jpeg(shrink(frame, settings.scene_px_max), settings.scene_jpeg_quality)
    return ReadPictures(jpeg(crop, settings.jpeg_quality), scene, jpeg(frame, settings.jpeg_quality))


class ReadGenerator:
    """An endless drive in simulated time: the passes of :data:`A_DAY` reads a day, decided and closed one by one.

    Args:
        pictures: the pictures of the street.
        seed: draws plates, hits and sharper looks.
        unit_id: the id of the car's unit.
    """

    def __init__(self, pictures: list[ReadPictures], seed: int = SEED, unit_id: str = "bench-1") -> None:
        self._pictures = pictures
        self._unit_id = unit_id
        self._random = Random(seed)  # noqa: S311 - seeded randomness is the point
        self.reads = 0

    def batches(self, reads: int) -> Iterator[list[ReadUpdate]]:
        """What is committed together when a car meets one plate at a time: a read, and the end of the one before."""
        closes: list[ReadUpdate] = []
        for _ in range(reads):
            decision = self._decide()
            yield [*closes, decision]
            closes = [self._closed(decision)]
            self.reads += 1
        yield closes

    def _decide(self) -> ReadUpdate:
        random, look = self._random, self._random.choice(self._pictures)
        read = self._read()
        hits = (_hit(read),) if random.random() < HIT_SHARE else ()
        scene = look.full if hits else look.scene
        pictures = ((EvidenceKind.CROP, self._unique(look.crop)), (EvidenceKind.SCENE, self._unique(scene)))
        return ReadUpdate(ReadStage.DECIDED, read, read.last_seen, images=pictures, hits=hits, is_hit=bool(hits))

    def _closed(self, decision: ReadUpdate) -> ReadUpdate:
        read = replace(decision.read, vote_count=decision.read.vote_count + 9, last_seen=self._now(1.5))
        end = ReadUpdate(ReadStage.CLOSED, read, read.last_seen, is_hit=decision.is_hit)
        if self._random.random() >= SHARPER_SHARE:
            return end
        look = self._random.choice(self._pictures)
        crop = (EvidenceKind.CROP, self._unique(look.crop))
        scene = ((EvidenceKind.SCENE, self._unique(look.full)),) if decision.is_hit else ()
        return replace(end, images=(crop, *scene))

    def _unique(self, picture: bytes) -> bytes:
        """Each picture has a digest of its own: bytes behind the end of a JPEG are ignored by whoever shows it."""
        return picture + self._random.randbytes(8)

    def _now(self, later_s: float = 0.0) -> Instant:
        seconds = self.reads * 86_400 / A_DAY + later_s
        return Instant("bench", round(seconds * NS_PER_S), START + timedelta(seconds=seconds), UtcSource.GNSS, 20.0)

    def _read(self) -> PlateRead:
        random = self._random
        plate = "".join(random.choices(_CHARACTERS, k=7))
        votes = tuple(((character, 0.97), (random.choice(_CHARACTERS), 0.02)) for character in plate)
        return PlateRead(
            read_id=new_id(self._unit_id),
            unit_id=self._unit_id,
            camera_id="front",
            plate=plate,
            confidence=0.93,
            alternatives=(Alternative(plate[:-1] + "8", 0.04), Alternative("8" + plate[1:], 0.01)),
            slot_votes=votes,
            vote_count=8,
            first_seen=self._now(),
            last_seen=self._now(0.4),
            first_frame=self.reads * 50,
            last_frame=self.reads * 50 + 12,
            box=Box(500.25, 360.5, 670.75, 422.0),
            position=Position(37.64 + random.random() / 10, -120.99, 140.0, 0.9, "gnss", 12.5, 271.0),
            model_ids=("detector-default@0123456789ab", "reader-default@0123456789ab"),
        )


def _hit(read: PlateRead) -> Hit:
    entry = HotlistEntry("bench", read.plate, read.plate, "CA", Reason.STOLEN_VEHICLE, "r1", "2009 HOND CIV BLK")
    generation = Generation("bench", 1, START, START, 100_000)
    return Hit(
        new_id(read.unit_id), read.read_id, entry, generation, 60.0, MatchKind.EXACT, StateMatch.SAME, read.last_seen
    )
