"""Made-up reads with pictures and hits. No two reads have the same ``first_frame``: a read stored twice shows by it."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np

from alpr_edge.domain.alerting import Alert, AlertRecord, Level, ListAge, Tone
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.hits import Generation, Hit, HotlistEntry, MatchKind, Reason, StateMatch
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.reads import EarlierText, Evidence, EvidenceKind, PlateRead, ReadStage, ReadUpdate
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.domain.recognition.frames import Pixels

UNIT_ID = "torture-1"
READS_MAX = 6
"""Of one batch."""
PICTURE_BYTES = (500, 8000)
SPOILT_PLACE = READS_MAX - 1
"""In a batch of one: says that no row can hold the read."""
SPOILT_SHARE = 0.02
AMENDED_SHARE = 0.5
SHARPER_SHARE = 0.5
"""Of further looks that bring pictures."""
VOTES, AMENDED_VOTES, LAST_VOTES = 3, 6, 9
"""Votes of a read when it is decided, amended, and once its pass is over."""
JPEG_START = b"\xff\xd8\xff"
"""What the department looks at of an image."""
_START = datetime(2026, 1, 1, tzinfo=UTC)


def batch(random: Random, run: int, number: int) -> list[ReadUpdate]:
    """New reads of a victim's batch; ids are ``run.batch.place.size``."""
    size = random.randint(1, READS_MAX)
    return [
        _decided_record(random, f"{run}.{number}.{place}.{size}", _frame(run, number, place)) for place in range(size)
    ]


def amending(random: Random, update: ReadUpdate) -> ReadUpdate:
    """Return further looks that give a read another text and take its alert back; or the same update once more."""
    if random.random() >= AMENDED_SHARE:
        return update
    read = update.read
    before = EarlierText(read.plate, read.confidence, read.first_frame)
    other = replace(read, plate=f"8{read.plate[1:]}", vote_count=AMENDED_VOTES, earlier_texts=(before,))
    withdrawn = tuple(replace(record, withdrawn_at=read.last_seen) for record in update.alerts)
    return replace(update, stage=ReadStage.AMENDED, read=other, images=_sharper(random), alerts=withdrawn)


def closing(random: Random, update: ReadUpdate) -> ReadUpdate:
    """The end of the pass of a read as it is known last; some bring a sharper crop."""
    read = replace(update.read, vote_count=LAST_VOTES)
    return ReadUpdate(ReadStage.CLOSED, read, read.last_seen, images=_sharper(random), is_hit=update.is_hit)


def one_pass(random: Random, run: int, number: int) -> list[ReadUpdate]:
    """A new read of a batch of one as the writer is given it, to the end of its pass; a few no row can hold."""
    spoilt = random.random() < SPOILT_SHARE
    place = SPOILT_PLACE if spoilt else 0
    record = _decided_record(random, f"{run}.{number}.{place}.1", _frame(run, number, place))
    read = replace(record.read, confidence=math.nan) if spoilt else record.read
    evidence = Evidence(_pixels(random, 30, 12), _pixels(random, 64, 48))
    decided = replace(record, read=read, evidence=evidence, images=())
    amended = replace(amending(random, decided), evidence=None, images=())
    sharper = Evidence(_pixels(random, 30, 12), _pixels(random, 64, 48)) if random.random() < SHARPER_SHARE else None
    return [decided, amended, replace(closing(random, amended), evidence=sharper, images=())]


def is_spoilt(read_id: str) -> bool:
    """Whether no row can hold a read."""
    return read_id.endswith(f".{SPOILT_PLACE}.1")


def pictures(random: Random) -> list[bytes]:
    """Some pictures; what is in them does not matter to the store."""
    return [_picture(random) for _ in range(random.randint(1, READS_MAX))]


def _decided_record(random: Random, read_id: str, frame: int) -> ReadUpdate:
    read = PlateRead(
        read_id=read_id,
        unit_id=UNIT_ID,
        camera_id="front",
        plate=f"{frame % 10_000_000:07d}",
        confidence=0.9,
        alternatives=(),
        slot_votes=(),
        vote_count=VOTES,
        first_seen=_instant(frame),
        last_seen=_instant(frame),
        first_frame=frame,
        last_frame=frame + 1,
        box=Box(10.0, 20.0, 110.0, 50.0),
        position=Position(37.64, -120.99, 140.0, 0.9, "gnss", 12.5, 271.0),
        model_ids=("detector@1", "reader@1"),
    )
    hits = (_hit(read),) if random.random() < 0.3 else ()
    pictures = ((EvidenceKind.CROP, _picture(random)), (EvidenceKind.SCENE, _picture(random)))
    alerts = tuple(AlertRecord(_alert(hit), read.first_seen) for hit in hits)
    return ReadUpdate(
        ReadStage.DECIDED, read, read.first_seen, images=pictures, hits=hits, alerts=alerts, is_hit=bool(hits)
    )


def _sharper(random: Random) -> tuple[tuple[EvidenceKind, bytes], ...]:
    return ((EvidenceKind.CROP, _picture(random)),) if random.random() < SHARPER_SHARE else ()


def _alert(hit: Hit) -> Alert:
    return Alert(hit.hit_id, hit.read_id, Level.HIGH, Tone.HIGH, "stolen vehicle; verify", ListAge.FRESH)


def _hit(read: PlateRead) -> Hit:
    entry = HotlistEntry("torture", read.plate, read.plate, None, Reason.STOLEN_VEHICLE, "r1")
    generation = Generation("torture", 1, _START, _START, 1)
    return Hit(
        f"hit.{read.read_id}", read.read_id, entry, generation, 60.0, MatchKind.EXACT, StateMatch.SAME, read.last_seen
    )


def later(age: timedelta) -> Instant:
    """A moment so long after all reads were seen."""
    return Instant("torture", int(age.total_seconds()) * 1_000_000_000, _START + age, UtcSource.GNSS, 10.0)


def _instant(frame: int) -> Instant:
    return Instant("torture", frame * 1_000_000, _START, UtcSource.GNSS, 10.0)


def _pixels(random: Random, width: int, height: int) -> Pixels:
    return np.frombuffer(random.randbytes(width * height * 3), np.uint8).reshape(height, width, 3)


def _picture(random: Random) -> bytes:
    return JPEG_START + random.randbytes(random.randint(*PICTURE_BYTES))


def _frame(run: int, number: int, place: int) -> int:
    return (run * 100_000 + number) * READS_MAX + place
