"""A package says what is not in it, and nothing of what is covert."""

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from alpr_edge.domain.log_proofs.cosignatures import cosign
from alpr_edge.domain.log_proofs.notes import COSIGNATURE, note_key
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.evidence.verification import verify_package
from alpr_edge.services.evidence.case_reads import CaseReads, PictureChoice
from alpr_edge.services.evidence.export_request import ExportResult
from alpr_edge.store.access_log.checkpoints import add_cosignature, latest_checkpoint
from alpr_edge.store.access_log.upkeep import drop_records
from alpr_edge.store.recovery import access_log_replacement
from tests.services.evidence.case_rig import UNIT, CaseRig, contents, json_of, open_rig
from tests.staff import PEOPLE, Staff
from tests.units import write_unit

WITHHELD = "Hits of lists that whoever booked it out may not see: 1."


def left_out_of(result: ExportResult) -> object:
    return json_of(contents(result)["data/package.json"])["left_out"]


def without_sources(staff: Staff) -> None:
    """Let the records clerk see what is the department's alone."""
    staff.install(
        *(
            replace(each, sources=frozenset({SourcePermission.DEPARTMENT})) if each.person_id == "records" else each
            for each in PEOPLE
        )
    )


@pytest.mark.parametrize("is_covert", [False, True])
def test_a_package_counts_withheld_hits_and_no_covert_ones(tmp_path: Path, medium: Path, *, is_covert: bool) -> None:
    staff = Staff(write_unit(tmp_path, UNIT, ""))
    without_sources(staff)
    with open_rig(staff) as rig:
        rig.hold(rig.add_read(1, is_hit=True))
        if is_covert:
            with rig.store.database.write() as connection:
                connection.exec_driver_sql("UPDATE hits SET covert = 1")
        with staff.authoriser("records") as clerk:
            result = rig.export(medium, clerk)
        assert (result.withheld_hits, left_out_of(result)) == (1, [] if is_covert else [WITHHELD])
        assert verify_package(result.path, lambda *_: None, passphrase=result.passphrase).faults == ()
        assert left_out_of(rig.export(medium)) == [], "the chief sees all of it"


def drop_first_records(rig: CaseRig, count: int) -> None:
    """Let the oldest records go, as they do once the department has them."""
    rig.sign_log()
    stored, witness = latest_checkpoint(rig.log), Ed25519PrivateKey.generate()
    assert stored is not None
    line = cosign(stored.note.text, "alpr-edge/department", witness, 1_800_000_000).line
    add_cosignature(rig.log, stored.size, line, note_key("alpr-edge/department", witness, COSIGNATURE))
    drop_records(rig.log, count)


def test_a_package_says_which_accesses_are_not_on_the_unit(tmp_path: Path, medium: Path) -> None:
    staff = Staff(write_unit(tmp_path, UNIT, ""))
    access_log_replacement.set_aside(staff.unit, "damaged")
    with open_rig(staff) as rig:
        for number in (1, 2):
            rig.hold(rig.add_read(number))
        drop_first_records(rig, 1)
        assert left_out_of(rig.export(medium)) == [
            "Accesses before record 1 of this unit's access log, which are at the department.",
            "Accesses in earlier access logs of this unit, which were set aside as damaged: 1.",
        ]


def test_a_read_that_was_deleted_meanwhile_is_named(tmp_path: Path) -> None:
    with open_rig(Staff(write_unit(tmp_path, UNIT, ""))) as rig:
        read = rig.add_read(1)
        gathered = CaseReads(rig.store, [read.read_id, f"{UNIT}:gone"], lambda _: True, PictureChoice(), ["Known."])
        assert [each.read_id for each in gathered] == [read.read_id]
        assert gathered.left_out == ["Known.", f"Reads that were deleted meanwhile: {UNIT}:gone."]
