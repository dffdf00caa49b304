"""Records that the release before this one set aside are stored by this one, as that one would have stored them."""

import struct
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alpr_edge.domain.alerting import AlertRecord, LateTone, Level, Tone
from alpr_edge.domain.hits import Hit
from alpr_edge.runtime.key_derivation import derive_key
from alpr_edge.store.outbox.outbox import Outbox
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.recovery.refused_records import HEADER, REFUSED, RefusedRecords
from tests.store.records import alert, decided, hit, instant, plate_read

_READ = (
    '"read_id": "read-1", "unit_id": "unit-1", "camera_id": "front", "plate": "7ABC123", '
    '"alternatives": [["7ABC128", 0.04]], "slot_votes": [[["7", 0.99]], [["A", 0.97], ["4", 0.02]]], '
    '"first_seen_boot_id": "boot-1", "first_seen_boottime_ns": 5000000000, '
    '"first_seen_utc": "2026-05-04T12:30:00.123456+00:00", "first_seen_utc_source": "gnss", '
    '"first_seen_uncertainty_ms": 12.5, "last_seen_boot_id": "boot-1", "last_seen_utc_source": "gnss", '
    '"last_seen_uncertainty_ms": 12.5, "first_frame": 10, "left_px": 10.5, "top_px": 20.25, "right_px": 110.0, '
    '"bottom_px": 50.0, "lat_deg": 37.64, "lon_deg": -120.99, "position_age_ms": 140.0, "position_hdop": 0.9, '
    '"position_source": "gnss", "speed_mps": 12.5, "course_deg": 271.0, "model_ids": ["detector@1", '
    '"reader@1"], "state": "CA", "supersedes": "read-0", "corrected_by": null, "closed": 0'
)
"""What the reads of all three have in common, as schema 17 wrote it."""
DECISION = (
    '{"kind": "decision", "missing": "", "hits": [{"hit_id": "hit-1", "read_id": "read-1", '
    '"source": "doj-svs", "plate": "7ABC123", "plate_raw": "7ABC123", "state": "CA", '
    '"reason": "stolen_vehicle", "record_id": "r1", "vehicle": "2009 YAMA CYL BLK", "remarks": "approach, '
    'with care", "effective": "2026-05-04T12:30:00.123456+00:00", "expires": null, "covert": 0, '
    '"generation_source": "doj-svs", "serial": 3, "issued": "2026-05-04T12:30:00.123456+00:00", '
    '"imported": "2026-05-04T12:30:00.123456+00:00", "entries": 72, "list_age_s": 3600.0, '
    '"match_kind": "exact", "state_match": "same", "matched_boot_id": "boot-1", '
    '"matched_boottime_ns": 5400000000, "matched_utc": "2026-05-04T12:30:00.523456+00:00", '
    '"matched_utc_source": "gnss", "matched_uncertainty_ms": 12.5, "level": null}], '
    '"alert": {"hit_id": "hit-1", "read_id": "read-1", "level": 1, "tone": "possible", '
    '"phrase": "stolen vehicle; verify through CLETS", "list_age": "fresh", "sounded_boot_id": "boot-1", '
    '"sounded_boottime_ns": 5450000000, "sounded_utc": "2026-05-04T12:30:00.573456+00:00", '
    '"sounded_utc_source": "gnss", "sounded_uncertainty_ms": 12.5}, "withdraws": "read-0", '
    '"late_tone": {"hit_id": "hit-0", "read_id": "read-0", "level": 3, "tone": "high", '
    '"phrase": "stolen vehicle; verify through CLETS", "list_age": "fresh", "sounded_boot_id": "boot-1", '
    '"sounded_boottime_ns": 5500000000, "sounded_utc": "2026-05-04T12:30:00.623456+00:00", '
    '"sounded_utc_source": "gnss", "sounded_uncertainty_ms": 12.5}, '
    '"read": {' + _READ + ', "confidence": 0.7, "vote_count": 8, "last_seen_boottime_ns": 5400000000, '
    '"last_seen_utc": "2026-05-04T12:30:00.523456+00:00", "last_frame": 22}}'
)
CERTAINTY = (
    '{"kind": "certainty", "missing": "", "settled": {"sounded_boot_id": "boot-1", '
    '"sounded_boottime_ns": 5900000000, "sounded_utc": "2026-05-04T12:30:01.023456+00:00", '
    '"sounded_utc_source": "gnss", "sounded_uncertainty_ms": 12.5}, "alert": {"hit_id": "hit-1", '
    '"read_id": "read-1", "level": 3, "tone": "high", "phrase": "stolen vehicle; verify through CLETS", '
    '"list_age": "fresh", "sounded_boot_id": "boot-1", "sounded_boottime_ns": 5950000000, '
    '"sounded_utc": "2026-05-04T12:30:01.073456+00:00", "sounded_utc_source": "gnss", '
    '"sounded_uncertainty_ms": 12.5}, "withdraws": null, "late_tone": null, '
    '"read": {' + _READ + ', "confidence": 0.97, "vote_count": 8, "last_seen_boottime_ns": 5400000000, '
    '"last_seen_utc": "2026-05-04T12:30:00.523456+00:00", "last_frame": 22}}'
)
END = (
    '{"kind": "end", "missing": "the disk was full", '
    '"read": {' + _READ + ', "confidence": 0.99, "vote_count": 20, "last_seen_boottime_ns": 7000000000, '
    '"last_seen_utc": "2026-05-04T12:30:02.123456+00:00", "last_frame": 80}}'
)


def set_aside(data: Path, key: bytes, records: Sequence[str]) -> None:
    """Write records to the files of refused records, as every release writes them."""
    folder, cipher = data / REFUSED, AESGCM(derive_key(key, REFUSED))
    folder.mkdir()
    for number, record in enumerate(records, 1):
        text = f'{{"record": {record}, "reason": "the disk was full", "images": []}}'.encode()
        path, nonce = folder / f"{number:08d}.record", number.to_bytes(12)
        content = struct.pack("<I", len(text)) + text
        path.write_bytes(HEADER + nonce + cipher.encrypt(nonce, content, HEADER + path.name.encode()))


def other_hit() -> Hit:
    return hit("hit-0", "read-0")


def test_a_decision_a_certainty_and_an_end_are_stored(store: ReadStore, outbox: Outbox, data: Path, key: bytes) -> None:
    silent = AlertRecord(alert("hit-0", "read-0"))
    store.commit([decided(plate_read("read-0"), [other_hit()], [silent])])
    set_aside(data, key, [DECISION, CERTAINTY, END])
    aside = RefusedRecords(data, key)
    assert [each.what for each in aside.list_records()] == ["decided", "amended", "closed"]
    assert aside.take_in(store) == 3
    before, stored = store.get("read-0"), store.get("read-1")
    assert before is not None
    assert stored is not None
    late = LateTone(alert("hit-0", "read-0"), instant(500))
    assert before.alerts == (replace(silent, late_tone=late, withdrawn_at=instant(400)),)
    read = replace(plate_read(supersedes="read-0"), confidence=0.99, vote_count=20)
    assert stored.read == replace(read, last_seen=instant(2000), last_frame=80)
    assert (stored.closed, stored.hits, stored.missing_evidence) == (True, (hit(),), "the disk was full")
    notice = replace(alert(), level=Level.NOTICE, tone=Tone.POSSIBLE)
    assert stored.alerts == (AlertRecord(notice, instant(450), late_tone=LateTone(alert(), instant(950))),)
    items = {item.item_id for item in outbox.due(20, 10**6)}
    assert items >= {"hit-1", "read-1", "alert:hit-1", "late_tone:hit-1", "late_tone:hit-0", "withdrawal:hit-0"}
