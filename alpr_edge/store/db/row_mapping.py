"""Converts values to rows and back, without loss."""

from dataclasses import replace
from typing import Any

from sqlalchemy import RowMapping

from alpr_edge.domain.alerting import Alert, AlertRecord, LateTone, Level, ListAge, Silence, Tone
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.hits import Generation, Hit, HotlistEntry, MatchKind, Reason, StateMatch
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.reads import Alternative, EarlierText, EvidenceRef, PlateRead
from alpr_edge.domain.recognition.boxes import Box


def instant_row(name: str, instant: Instant | None) -> dict[str, Any]:
    """The five columns of an instant; all NULL for None."""
    return {
        f"{name}_boot_id": instant and instant.boot_id,
        f"{name}_boottime_ns": None if instant is None else instant.boottime_ns,
        f"{name}_utc": instant and instant.utc,
        f"{name}_utc_source": instant and instant.utc_source.value,
        f"{name}_uncertainty_ms": None if instant is None else instant.uncertainty_ms,
    }


def instant_of(row: RowMapping, name: str) -> Instant:
    """The instant of five columns."""
    return Instant(
        row[f"{name}_boot_id"],
        row[f"{name}_boottime_ns"],
        row[f"{name}_utc"],
        UtcSource(row[f"{name}_utc_source"]),
        row[f"{name}_uncertainty_ms"],
    )


def instant_or_none(row: RowMapping, name: str) -> Instant | None:
    """The instant of five columns, None where it has not come, or an earlier release wrote a record without it."""
    return None if row.get(f"{name}_boot_id") is None else instant_of(row, name)


def read_row(read: PlateRead, *, closed: bool) -> dict[str, Any]:
    """A read's row; its evidence has a table of its own."""
    return {
        "read_id": read.read_id,
        "unit_id": read.unit_id,
        "camera_id": read.camera_id,
        "plate": read.plate,
        "confidence": read.confidence,
        "alternatives": [[other.plate, other.confidence] for other in read.alternatives],
        "slot_votes": read.slot_votes,
        "vote_count": read.vote_count,
        **instant_row("first_seen", read.first_seen),
        **instant_row("last_seen", read.last_seen),
        "first_frame": read.first_frame,
        "last_frame": read.last_frame,
        "left_px": read.box.left_px,
        "top_px": read.box.top_px,
        "right_px": read.box.right_px,
        "bottom_px": read.box.bottom_px,
        **_position_row(read.position),
        "model_ids": read.model_ids,
        "state": read.state,
        "supersedes": read.supersedes,
        "corrected_by": read.corrected_by,
        "earlier_texts": [[one.plate, one.confidence, one.frame_number] for one in read.earlier_texts] or None,
        "closed": int(closed),
    }


def read_of(row: RowMapping, evidence: tuple[EvidenceRef, ...]) -> PlateRead:
    return PlateRead(
        read_id=row["read_id"],
        unit_id=row["unit_id"],
        camera_id=row["camera_id"],
        plate=row["plate"],
        confidence=row["confidence"],
        alternatives=tuple(Alternative(plate, confidence) for plate, confidence in row["alternatives"]),
        slot_votes=tuple(tuple((text, share) for text, share in slot) for slot in row["slot_votes"]),
        vote_count=row["vote_count"],
        first_seen=instant_of(row, "first_seen"),
        last_seen=instant_of(row, "last_seen"),
        first_frame=row["first_frame"],
        last_frame=row["last_frame"],
        box=Box(row["left_px"], row["top_px"], row["right_px"], row["bottom_px"]),
        position=_position_of(row),
        model_ids=tuple(row["model_ids"]),
        state=row["state"],
        evidence=evidence,
        supersedes=row["supersedes"],
        # A record that an earlier release set aside has neither.
        corrected_by=row.get("corrected_by"),
        earlier_texts=tuple(EarlierText(*values) for values in row.get("earlier_texts") or ()),
    )


def hit_row(hit: Hit) -> dict[str, Any]:
    """A hit's row, with the entry and the list as they were."""
    entry, generation = hit.entry, hit.generation
    return {
        "hit_id": hit.hit_id,
        "read_id": hit.read_id,
        "source": entry.source,
        "plate": entry.plate,
        "plate_raw": entry.plate_raw,
        "state": entry.state,
        "reason": entry.reason.value,
        "record_id": entry.record_id,
        "vehicle": entry.vehicle,
        "remarks": entry.remarks,
        "effective": entry.effective,
        "expires": entry.expires,
        "covert": int(entry.covert),
        "generation_source": generation.source,
        "serial": generation.serial,
        "issued": generation.issued_at,
        "imported": generation.imported_at,
        "entries": generation.entries,
        "list_age_s": hit.list_age_s,
        "match_kind": hit.kind.value,
        "state_match": hit.state_match.value,
        **instant_row("matched", hit.matched_at),
        "level": hit.level,
    }


def hit_of(row: RowMapping) -> Hit:
    entry = HotlistEntry(
        source=row["source"],
        plate=row["plate"],
        plate_raw=row["plate_raw"],
        state=row["state"],
        reason=Reason(row["reason"]),
        record_id=row["record_id"],
        vehicle=row["vehicle"],
        remarks=row["remarks"],
        effective=row["effective"],
        expires=row["expires"],
        covert=bool(row["covert"]),
    )
    return Hit(
        hit_id=row["hit_id"],
        read_id=row["read_id"],
        entry=entry,
        generation=generation_of(row, source=row["generation_source"]),
        list_age_s=row["list_age_s"],
        kind=MatchKind(row["match_kind"]),
        state_match=StateMatch(row["state_match"]),
        matched_at=instant_of(row, "matched"),
        level=row["level"],
    )


def generation_of(row: RowMapping, source: str) -> Generation:
    return Generation(source, row["serial"], row["issued"], row["imported"], row["entries"])


def alert_row(record: AlertRecord) -> dict[str, Any]:
    alert, late = record.alert, record.late_tone
    return {
        "hit_id": alert.hit_id,
        "read_id": alert.read_id,
        "level": int(alert.level),
        "tone": alert.tone.value,
        "phrase": alert.phrase,
        "list_age": alert.list_age.value,
        "silence": record.silence and record.silence.value,
        **instant_row("sounded", record.sounded_at),
        **instant_row("withdrawn", record.withdrawn_at),
        **instant_row("late_tone", None if late is None else late.sounded_at),
        "late_tone_level": None if late is None else int(late.alert.level),
        "late_tone_kind": None if late is None else late.alert.tone.value,
    }


def alert_of(row: RowMapping) -> AlertRecord:
    alert = Alert(
        hit_id=row["hit_id"],
        read_id=row["read_id"],
        level=Level(row["level"]),
        tone=Tone(row["tone"]),
        phrase=row["phrase"],
        list_age=ListAge(row["list_age"]),
    )
    sounded_at, withdrawn_at, late_at = (instant_or_none(row, name) for name in ("sounded", "withdrawn", "late_tone"))
    late_tone = None
    if late_at is not None:
        late_alert = replace(alert, level=Level(row["late_tone_level"]), tone=Tone(row["late_tone_kind"]))
        late_tone = LateTone(late_alert, late_at)
    silence = Silence(row["silence"]) if row.get("silence") else None
    return AlertRecord(alert, sounded_at, silence, withdrawn_at, late_tone)


def _position_row(position: Position | None) -> dict[str, Any]:
    return {
        "lat_deg": position and position.lat_deg,
        "lon_deg": position and position.lon_deg,
        "position_age_ms": position and position.age_ms,
        "position_hdop": position and position.hdop,
        "position_source": position and position.source,
        "speed_mps": position and position.speed_mps,
        "course_deg": position and position.course_deg,
    }


def _position_of(row: RowMapping) -> Position | None:
    if row["position_source"] is None:
        return None
    return Position(
        lat_deg=row["lat_deg"],
        lon_deg=row["lon_deg"],
        age_ms=row["position_age_ms"],
        hdop=row["position_hdop"],
        source=row["position_source"],
        speed_mps=row["speed_mps"],
        course_deg=row["course_deg"],
    )
