"""What was known of a read later is in its evidence: that a quiet alert sounded, and the texts it had before."""

import json
from dataclasses import asdict, replace
from pathlib import Path

from alpr_edge.domain.alerting import AlertRecord
from alpr_edge.domain.reads import EarlierText
from alpr_edge.evidence.checks.package_files import open_files
from alpr_edge.evidence.verification import verify_package
from tests.services.evidence.case_rig import UNIT, open_rig
from tests.staff import Staff
from tests.store.records import alert, amended, late_tone


def test_a_package_holds_when_an_alert_sounded_after_it_had_stayed_quiet(staff: Staff, medium: Path) -> None:
    with open_rig(staff) as rig:
        read = rig.add_read(1, is_hit=True)
        record = AlertRecord(alert(f"{UNIT}:hit-1", read.read_id))
        late = replace(record, late_tone=late_tone(f"{UNIT}:hit-1", read.read_id))
        rig.store.reads.commit([amended(read, alerts=[late])])
        rig.hold(read)
        rig.sign_log()
        result = rig.export(medium)
    assert verify_package(result.path, lambda *_: None, passphrase=result.passphrase).faults == ()
    with open_files(result.path, result.passphrase) as files:
        (body,) = (files.read(name) for name in files.sizes if name.endswith("/late-tone-3.json"))
    assert (json.loads(body)["hit_id"], json.loads(body)["sounded"]["utc"]) == (
        f"{UNIT}:hit-1",
        "2026-05-04T12:30:01.023Z",
    )


def test_the_record_of_a_read_holds_the_texts_that_it_had_before(staff: Staff, medium: Path) -> None:
    with open_rig(staff) as rig:
        before = EarlierText("7ABC12B", 0.6, 12)
        read = rig.add_read(2, earlier_texts=(before,))
        rig.hold(read)
        rig.sign_log()
        result = rig.export(medium)
    assert verify_package(result.path, lambda *_: None, passphrase=result.passphrase).faults == ()
    with open_files(result.path, result.passphrase) as files:
        bodies = [json.loads(files.read(name)) for name in files.sizes if name.endswith("/record.json")]
    assert [body["earlier_texts"] for body in bodies if body["read_id"] == read.read_id] == [[asdict(before)]]
