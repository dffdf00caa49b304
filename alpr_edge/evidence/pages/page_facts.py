"""What the pages show of a read, a hit and an access, as texts; templates escape all of them."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import ValidationError

from alpr_edge.domain.access_log.records import AccessRecord
from alpr_edge.domain.dispositions.plate_comparison import CharacterPair, compare_plates
from alpr_edge.domain.errors import EvidenceError
from alpr_edge.domain.protocol.dispositions import DispositionPayload
from alpr_edge.domain.protocol.hits import HitPayload
from alpr_edge.domain.protocol.items import ItemKind, PositionPayload, ReadPayload
from alpr_edge.domain.timeline import Basis, Placement
from alpr_edge.evidence import layout
from alpr_edge.evidence.content import PackageRead
from alpr_edge.evidence.package_records import ProvenancePayload, RecordFile

NOT_KNOWN = "not known"
_QUALITY = {
    Basis.OWN: "by the unit's clock, which a receiver or time server had set",
    Basis.PLACED: "calculated from several settings of the clock while the unit ran, which agree",
    Basis.SINGLE: "likely, not sure: calculated from one setting of the clock alone",
    Basis.DISPUTED: "the settings of the clock while the unit ran contradict each other",
    Basis.CLOCK: "not sure: by the unit's clock, which nothing had set",
    Basis.NONE: "the unit's clock was not set",
}


@dataclass(frozen=True, slots=True)
class TimeFacts:
    """A time and how good it is."""

    text: str
    quality: str


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """A picture that the page shows."""

    href: str
    label: str
    redacted_from: str | None


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """What an officer said of a hit."""

    part: str
    answer: str
    detail: str
    person: str
    time: str


@dataclass(frozen=True, slots=True)
class HitFacts:
    """A hit: what was read beside what is listed."""

    pairs: tuple[CharacterPair, ...]
    listed: str
    rows: tuple[tuple[str, str], ...]
    answers: tuple[AnswerFacts, ...]

    @property
    def differs(self) -> bool:
        """Whether what was read is not what is listed."""
        return any(pair.differs for pair in self.pairs)


@dataclass(frozen=True, slots=True)
class ReadFacts:
    """All that the page shows of a read."""

    number: int
    record: ReadPayload
    confidence: str
    first_seen: TimeFacts
    last_seen: TimeFacts
    place: str
    place_quality: str
    pictures: tuple[PictureFacts, ...]
    missing_pictures: str
    hits: tuple[HitFacts, ...]
    files: tuple[tuple[RecordFile, str], ...]
    """Each record with the link to its file."""
    superseded_by: str | None

    @property
    def anchor(self) -> str:
        """Its id on its page."""
        return layout.read_anchor(self.number)


def read_facts(number: int, read: PackageRead, provenance: ProvenancePayload, folder: str) -> ReadFacts:
    try:
        record = ReadPayload.model_validate_json(read.record.body)
        hits = _hit_facts(read, record)
    except ValidationError:
        raise EvidenceError(f"read {number} of the package: a record is none that this release knows") from None
    place, place_quality = place_facts(record.position)
    pictures = tuple(PictureFacts(f"{folder}/{p.file}", p.kind, p.redacted_from) for p in provenance.pictures)
    return ReadFacts(
        number=number,
        record=record,
        confidence=f"{record.confidence:.1%}" if record.corrected_by is None else "read by a person",
        first_seen=time_facts(read.first_seen),
        last_seen=time_facts(read.last_seen),
        place=place,
        place_quality=place_quality,
        pictures=pictures,
        missing_pictures=read.missing_pictures,
        hits=hits,
        files=tuple((file, f"{folder}/{file.file}") for file in provenance.records),
        superseded_by=read.superseded_by,
    )


def time_facts(placement: Placement) -> TimeFacts:
    """A time in words."""
    quality = _QUALITY[placement.basis]
    if placement.uncertainty_ms is not None and placement.utc is not None:
        quality += f"; off by {placement.uncertainty_ms:,.0f} ms at most"
    return TimeFacts(moment_text(placement.utc), quality)


def moment_text(moment: datetime | str | None) -> str:
    """A moment in UTC."""
    if not moment:
        return NOT_KNOWN
    utc = (datetime.fromisoformat(moment) if isinstance(moment, str) else moment).astimezone(UTC)
    return f"{utc:%Y-%m-%d %H:%M:%S}.{utc.microsecond // 1000:03} UTC"


def place_facts(position: PositionPayload | None) -> tuple[str, str]:
    """A place in words, and how good it is."""
    if position is None:
        return NOT_KNOWN, "no receiver gave a position near that time"
    north, east = ("N" if position.lat_deg >= 0 else "S"), ("E" if position.lon_deg >= 0 else "W")
    precision = NOT_KNOWN if position.hdop is None else f"{position.hdop:g}"
    quality = f"receiver {position.source}; {position.age_ms:,.0f} ms from the picture to the nearest fix; "
    place = f"{abs(position.lat_deg):.6f}° {north}, {abs(position.lon_deg):.6f}° {east}"
    return place, f"{quality}dilution of precision {precision}"


def access_row(record: AccessRecord) -> tuple[str, ...]:
    """A record of the access log: when, who, what, why, outcome."""
    who = ", ".join(part for part in (record.person or "the unit itself", record.organisation) if part)
    codes = (in_words(record.purpose), in_words(record.offence))
    why = ", ".join(part for part in (*codes, record.case, record.whole_note) if part)
    outcome = record.outcome.value + (f": {record.reason}" if record.reason else "")
    what = in_words(record.action) + (f" ({record.query})" if record.query else "")
    return moment_text(record.happened.utc), who, what, why, outcome


def in_words(code: str) -> str:
    """A word of a closed list, as people write it."""
    return code.replace("_", " ")


def _hit_facts(read: PackageRead, record: ReadPayload) -> tuple[HitFacts, ...]:
    answers: dict[str, list[AnswerFacts]] = {}
    for other in read.others:
        if other.kind is ItemKind.DISPOSITION:
            said = DispositionPayload.model_validate_json(other.body)
            answers.setdefault(said.hit_id, []).append(_answer_facts(said))
    hits = (HitPayload.model_validate_json(other.body) for other in read.others if other.kind is ItemKind.HIT)
    return tuple(_facts_of(hit, record, tuple(answers.get(hit.hit_id, ()))) for hit in hits)


def _facts_of(hit: HitPayload, record: ReadPayload, answers: tuple[AnswerFacts, ...]) -> HitFacts:
    age = NOT_KNOWN if hit.list_age_s is None else f"{hit.list_age_s / 3600:,.1f} hours"
    rows = (
        ("list", f"{hit.source}, generation {hit.generation}, {age} old"),
        ("reason", in_words(hit.reason)),
        ("entry", hit.record_id),
        ("issuing state", f"{hit.entry_state or NOT_KNOWN} (compared: {hit.state_match})"),
        ("match", hit.match_kind),
        ("vehicle as listed", hit.vehicle or ""),
        ("remarks as listed", hit.remarks or ""),
        ("matched", moment_text(hit.matched.utc)),
    )
    listed = hit.entry_plate
    return HitFacts(compare_plates(record.plate, listed), listed, tuple(row for row in rows if row[1]), answers)


def _answer_facts(said: DispositionPayload) -> AnswerFacts:
    answer = in_words(said.answer) if said.answer else "takes the earlier answer back"
    detail = ", ".join(part for part in (said.reason, said.number, said.name) if part)
    return AnswerFacts(in_words(said.part), answer, detail, said.person, moment_text(said.made.utc))
