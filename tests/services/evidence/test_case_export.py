"""What the package of a case holds, who may take it, and what is booked."""

import os
import resource
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from alpr_edge.access.authorisation.authoriser import AccessSubject
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.media_keys import load_media_key
from alpr_edge.domain.dispositions.disposition import DispositionPart
from alpr_edge.domain.errors import AccessError, EvidenceError
from alpr_edge.domain.holds.hold import HoldKind
from alpr_edge.domain.protocol.bookings import BookingPayload, open_passphrase
from alpr_edge.domain.protocol.items import Answer, ItemKind, Outcome, digest
from alpr_edge.domain.reads import PlateRead
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.evidence.verification import verify_package
from alpr_edge.runtime.file_lock import exclusive_lock, open_lock_file
from alpr_edge.services.evidence.case_export import LOCK_FILE
from alpr_edge.services.evidence.case_reads import CaseReads, PictureChoice
from alpr_edge.services.evidence.export_request import ExportRequest
from alpr_edge.services.evidence.medium import ExportMedium, file_system_of, package_name
from alpr_edge.services.hits.dispositions import HitAnswer, HitDispositions
from alpr_edge.services.hits.hit_views import HitViews
from alpr_edge.services.holds.unit_holds import HoldRequest
from alpr_edge.store.outbox.delivered_items import PREFIXES_KEPT_ELSEWHERE, drop_delivered
from alpr_edge.vision.redaction import RedactedScene
from tests.services.evidence.case_rig import CASE, ROBBERY, UNIT, CaseRig, contents, json_of, looks_whole, open_rig
from tests.staff import STOLEN, Staff
from tests.store.records import CROP, SCENE
from tests.units import write_unit


@pytest.fixture(scope="module")
def rig(staff: Staff) -> Iterator[CaseRig]:
    """Three reads are held: a hit with an answer, a misread with its correction, and a plain one; a fourth is not."""
    with open_rig(staff) as rig:
        listed = rig.add_read(1, is_hit=True)
        misread = rig.add_read(2)
        rig.add_read(3, supersedes=misread.read_id, corrected_by="ana")
        plain, _other = rig.add_read(4), rig.add_read(5)
        rig.hold(listed, misread, plain)
        views = HitViews(rig.store, rig.settings.hotlist)
        with staff.authoriser() as chief:
            answers = HitDispositions(rig.store.database, UNIT, views, lambda: f"{UNIT}:answer-1")
            answers.record(chief, f"{UNIT}:hit-1", HitAnswer(DispositionPart.READ, "correct"))
        item = rig.store.outbox.find(listed.read_id)
        assert item is not None
        rig.store.outbox.settle([Answer(item.item_id, Outcome.RECEIPT, item.sha256)], 5, staff.clock.now().utc)
        rig.sign_log()
        yield rig


def test_a_package_holds_what_is_held_as_it_is_stored_and_verifies(rig: CaseRig, medium: Path) -> None:
    result = rig.export(medium)
    verdict = verify_package(result.path, lambda *_: None, passphrase=result.passphrase)
    assert verdict.faults == ()
    files = contents(result)
    records = {str(json_of(body)["read_id"]): body for name, body in files.items() if name.endswith("/record.json")}
    held = [f"{UNIT}:read-{number}" for number in (1, 2, 3, 4)]
    assert sorted(records) == held, "with the correction of the misread, and without what is not held"
    for read_id in held:
        item = rig.store.outbox.find(read_id)
        assert item is None or records[read_id] == item.body
        stored = rig.store.reads.get(read_id)
        assert stored is not None
        assert {ref.sha256 for ref in stored.read.evidence} <= {digest(body) for body in files.values()}
    names = " ".join(files)
    assert all(word in names for word in ("/hit-1.json", "/alert-2.json", "/disposition-3.json"))
    receipts = [body for name, body in files.items() if name.endswith("provenance.json") and b'"received"' in body]
    assert receipts
    assert looks_whole(medium) == [result.path]


def test_files_of_a_container_have_the_date_at_which_it_was_booked(rig: CaseRig, medium: Path) -> None:
    result = rig.export(medium)
    booked = result.booking.booked.utc
    assert booked is not None
    with zipfile.ZipFile(result.path) as package:
        dates = {entry.date_time for entry in package.infolist()}
    assert {date[:5] for date in dates} == {tuple(booked.timetuple())[:5]}


def test_the_records_of_the_case_are_proved_and_those_of_others_are_not_shown(rig: CaseRig, medium: Path) -> None:
    files = contents(rig.export(medium))
    shown = [json_of(body) for name, body in files.items() if "/log" in name and name.endswith(".json")]
    actions = {str(record["action"]) for record in shown}
    assert {"hold_read", "dispose_hit"} <= actions
    assert {record["case"] for record in shown} <= {"", CASE}
    proofs = [name for name in files if name.endswith(".tlog-proof")]
    assert len(proofs) == len(shown)


def test_a_booking_is_on_record_and_its_passphrase_is_sealed_for_the_department(
    rig: CaseRig, medium: Path, authority: TlsFiles
) -> None:
    result = rig.export(medium)
    booking = result.booking
    assert (booking.medium, booking.recipient, booking.person, booking.case) == (
        "M-7", "District attorney", "Chief", CASE,
    )  # fmt: skip
    assert digest(result.path.read_bytes()) == booking.package_sha256
    assert (booking.reads, booking.hits, booking.pictures) == (4, 1, 8)
    with rig.staff.authoriser() as chief:
        assert rig.exports.list_exports(chief, STOLEN, CASE)[0].finished is not None
        assert rig.exports.list_exports(chief, STOLEN, "26-999999") == []
    item = rig.store.outbox.find(f"booking:{booking.package_id}")
    assert item is not None
    assert item.kind is ItemKind.BOOKING
    payload = BookingPayload.model_validate_json(item.body)
    key = load_media_key(authority)
    assert open_passphrase(payload.sealed_passphrase, booking.package_id, key) == result.passphrase
    assert result.passphrase.encode() not in item.body
    assert result.passphrase not in repr(result)
    record = next(each for each in reversed(rig.staff.records()) if each.action == "export_case")
    assert (record.case, record.shown, record.shown_bytes) == (CASE, 4, booking.size_bytes)
    answer = Answer(item.item_id, Outcome.RECEIPT, item.sha256)
    rig.store.outbox.settle([answer], 5, rig.staff.clock.now().utc)
    assert drop_delivered(rig.store.database, PREFIXES_KEPT_ELSEWHERE) > 0
    with rig.store.database.read() as connection:
        kept = set(connection.exec_driver_sql("SELECT item_id FROM outbox").scalars())
    assert item.item_id not in kept, "what the department can open does not stay on the unit"
    assert record.objects == (booking.package_id,)


def test_whoever_may_not_export_gets_nothing_and_that_is_on_record(rig: CaseRig, medium: Path) -> None:
    for person_id in ("officer", "technician"):
        with rig.staff.authoriser(person_id) as authoriser, pytest.raises(AccessError):
            rig.export(medium, authoriser)
    assert [record.outcome for record in rig.staff.records()[-2:]] == ["refused", "refused"]
    assert list(medium.iterdir()) == []


def test_a_case_is_the_same_however_its_letters_are_typed(tmp_path: Path, medium: Path) -> None:
    staff = Staff(write_unit(tmp_path, UNIT, "", more='[policy]\ncase_formats = ["99-AA9"]'))
    purpose = replace(ROBBERY, case="26-aB1 ")
    with open_rig(staff) as rig, staff.authoriser() as chief:
        ids = rig.add_read(1).read_id, rig.add_read(2).read_id
        requests = [HoldRequest(HoldKind.READ, ids, case, "evidence") for case in ("26-ab1", "26-AB1", " 26-Ab1 ")]
        held = {rig.holds.place(chief, purpose, request).hold_id for request in requests}
        assert len(held) == 1, "at most prolonged"
        result = rig.exports.export(chief, purpose, ExportRequest(" 26-ab1", medium), lambda *_: None)
        assert (result.booking.case, result.booking.reads) == ("26-AB1", 2)
        assert [each.case for each in rig.exports.list_exports(chief, STOLEN, " 26-ab1 ")] == ["26-AB1"]
        assert rig.exports.list_exports(chief, STOLEN, "26-ab2") == []
    records = [record for record in staff.records() if record.action == "export_case"]
    assert {record.case for record in records} == {"26-AB1"}


def test_plates_alone_go_without_scenes(rig: CaseRig, medium: Path) -> None:
    result = rig.export(medium, with_scenes=False)
    files = contents(result)
    assert not [name for name in files if name.endswith("scene.jpg")]
    assert result.booking.pictures == 4
    assert not result.booking.with_scenes


def test_a_redacted_copy_says_so_and_leaves_the_originals_as_they_are(rig: CaseRig, medium: Path) -> None:
    result = rig.export(medium, is_redacted=True)
    files = contents(result)
    assert verify_package(result.path, lambda *_: None, passphrase=result.passphrase).faults == ()
    scenes = [name for name in files if "scene" in name]
    assert len(scenes) == 4
    assert {name.rpartition("/")[2] for name in scenes} == {"scene-redacted.jpg"}
    provenance = b"".join(body for name, body in files.items() if name.endswith("provenance.json"))
    for number in (1, 2, 3, 4):
        stored = rig.store.reads.get(f"{UNIT}:read-{number}")
        assert stored is not None
        (original,) = (ref for ref in stored.read.evidence if ref.kind is SCENE)
        assert original.sha256.encode() in provenance
        assert original.sha256 not in {digest(body) for body in files.values()}
        assert digest(rig.store.images.get(original.sha256)) == original.sha256
    assert b"Redacted copy" in files["bag-info.txt"]
    assert result.booking.is_redacted
    assert "redacted copy" in next(each.note for each in reversed(rig.staff.records()) if each.action == "export_case")


def test_a_picture_that_is_lost_is_named_and_the_rest_goes(staff: Staff, tmp_path: Path, medium: Path) -> None:
    with open_rig(Staff(write_unit(tmp_path, UNIT, ""))) as rig:
        read = rig.add_read(1)
        rig.hold(read)
        stored = rig.store.reads.get(read.read_id)
        assert stored is not None
        (lost,) = (ref.sha256 for ref in stored.read.evidence if ref.kind is SCENE)
        rig.store.images.delete(lost)
        result = rig.export(medium)
        assert result.missing_pictures == 1
        provenance = next(body for name, body in contents(result).items() if name.endswith("provenance.json"))
        assert b"the image is missing" in provenance
        assert not result.booking.is_escrowed, "it knows no department"
        (ref,) = (ref for ref in stored.read.evidence if ref.kind is CROP)
        assert ref.sha256.encode() in provenance


def test_a_scene_whose_crop_is_lost_is_covered_and_goes(tmp_path: Path) -> None:
    crops: list[bytes] = []

    def redact(scene: bytes, crop: bytes, _box: Box) -> RedactedScene:
        crops.append(crop)
        return RedactedScene(scene, 1, keeps_own=bool(crop))

    with open_rig(Staff(write_unit(tmp_path, UNIT, ""))) as rig:
        read = rig.add_read(1)
        stored = rig.store.reads.get(read.read_id)
        assert stored is not None
        refs = {ref.kind: ref.sha256 for ref in stored.read.evidence}
        rig.store.images.delete(refs[CROP])
        gathered = CaseReads(rig.store, [read.read_id], lambda _: True, PictureChoice(redact=redact))
        (packed,) = gathered
    assert [(picture.kind, picture.redacted_from) for picture in packed.pictures] == [(SCENE, refs[SCENE])]
    assert packed.missing_pictures == "crop: the image is missing; restore it or release its item"
    assert (crops, gathered.counts.missing_pictures) == ([b""], 1)


def name_hits(rig: CaseRig, read: PlateRead, other: PlateRead) -> None:
    """Put on record three accesses that name hits: of the case without stating it, and two that state it."""
    with rig.staff.authoriser() as chief:
        for purpose, objects in (
            (STOLEN, (f"{UNIT}:hit-1", read.read_id)),
            (ROBBERY, (f"{UNIT}:hit-1", read.read_id)),
            (ROBBERY, (f"{UNIT}:hit-2", other.read_id)),
        ):
            with chief.access(Operation.SHOW_HIT, purpose, AccessSubject(objects)) as access:
                access.show(objects)


def records_in(files: dict[str, bytes]) -> list[str]:
    """The records of the access log in a package."""
    return [name for name in files if name.startswith("data/access/") and name.endswith(".json")]


def test_a_hit_that_the_person_may_not_see_is_left_out(tmp_path: Path, medium: Path) -> None:
    with open_rig(Staff(write_unit(tmp_path, UNIT, ""))) as rig:
        read, other = rig.add_read(1, is_hit=True), rig.add_read(2, is_hit=True)
        rig.hold(read)
        name_hits(rig, read, other)
        rig.sign_log()
        with rig.store.database.write() as connection:
            connection.exec_driver_sql("UPDATE hits SET covert = 1")
        with rig.staff.authoriser("records") as clerk:
            result = rig.export(medium, clerk)
        assert (result.withheld_hits, result.booking.hits) == (1, 0)
        files = contents(result)
        assert not [name for name in files if "hit-" in name or "alert-" in name]
        assert all(b"hit-" not in body for body in files.values()), "the records of the access log name none either"
        assert len(records_in(files)) == 1, "that it was held"
        result = rig.export(medium)
        assert (result.withheld_hits, result.booking.hits) == (0, 1), "the chief has a clearance"
        assert len(records_in(contents(result))) == 4


def test_a_case_without_reads_or_a_name_that_will_not_do_is_refused_in_one_line(rig: CaseRig, medium: Path) -> None:
    for changes, words in (
        ({"case": "26-999999"}, "no read is held under case 26-999999; hold what belongs to it first"),
        ({"case": ""}, "name the case"),
        ({"medium": "x" * 101}, "number of the medium is longer"),
        ({"recipient": "a\nb"}, "cannot be printed"),
        ({"directory": medium / "nowhere"}, "is the medium mounted?"),
    ):
        with pytest.raises(EvidenceError, match=words) as error:
            rig.export(medium, **changes)
        assert "\n" not in str(error.value)
    assert list(medium.iterdir()) == []


def test_two_exports_at_once_are_one_after_the_other(rig: CaseRig, medium: Path) -> None:
    descriptor = open_lock_file(rig.settings.unit.data_directory / LOCK_FILE)
    with exclusive_lock(descriptor, "busy"), pytest.raises(Exception, match="another export of this unit runs"):
        rig.export(medium)
    assert rig.export(medium).path.exists()


def test_what_an_earlier_try_left_is_removed_and_what_others_left_is_not(rig: CaseRig, medium: Path) -> None:
    left = ExportMedium(medium, UNIT).unfinished_path()
    others = ExportMedium(medium, "unit-2").unfinished_path()
    for path in (left, left.with_name(f".alpr-edge-{left.name}"), others, medium / "holiday.jpg"):
        path.write_bytes(b"half")
    result = rig.export(medium)
    assert sorted(path.name for path in medium.iterdir()) == sorted([result.path.name, others.name, "holiday.jpg"])


def test_a_medium_that_gives_back_other_bytes_than_were_written_is_told(medium: Path) -> None:
    target = ExportMedium(medium, UNIT)
    path = target.unfinished_path()
    path.write_bytes(b"as written" * 200_000)
    written = target.digest_of(path)
    assert (written.sha256, written.size_bytes) == (digest(path.read_bytes()), 2_000_000)
    target.read_back(path, written)
    for place, byte in ((1_999_999, b"m"), (0, b"A")):
        with path.open("r+b") as file:
            file.seek(place)
            file.write(byte)
        with pytest.raises(EvidenceError, match="gives back other bytes than were written; nothing was booked"):
            target.read_back(path, written)
    path.write_bytes(b"as written" * 199_999)
    with pytest.raises(EvidenceError, match="take another medium"):
        target.read_back(path, written)


@contextmanager
def no_file_to_open() -> Iterator[None]:
    """No file can be opened, as on a machine that has none left; those that are open stay so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(0)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_name_that_is_not_durable_is_taken_back(medium: Path) -> None:
    target = ExportMedium(medium, UNIT)
    path = target.unfinished_path()
    path.write_bytes(b"whole")
    with no_file_to_open(), pytest.raises(EvidenceError, match="the medium failed: Too many open files"):
        target.give_name(path, "evidence.zip")
    assert list(medium.iterdir()) == []


def test_a_medium_without_room_is_refused_before_anything_is_written(rig: CaseRig, medium: Path) -> None:
    free = shutil.disk_usage(medium).free
    with pytest.raises(EvidenceError, match=r"takes up to [\d,]+ MB, [\d,]+ MB are free; take another"):
        ExportMedium(medium, UNIT).require_room(free)
    ExportMedium(medium, UNIT).require_room(1000)
    assert list(medium.iterdir()) == []


def test_the_estimate_is_never_below_what_a_package_takes(rig: CaseRig, medium: Path) -> None:
    for with_scenes in (True, False):
        result = rig.export(medium, with_scenes=with_scenes)
        free = shutil.disk_usage(medium).free
        with pytest.raises(EvidenceError, match="take another"):
            ExportMedium(medium, UNIT).require_room(free - result.booking.size_bytes)


def test_the_name_of_a_package_tells_case_unit_and_date_and_no_plate(rig: CaseRig, medium: Path) -> None:
    result = rig.export(medium)
    name = result.path.name
    assert name.startswith(f"evidence_{CASE}_{UNIT}_20")
    assert "7ABC" not in name
    assert package_name("26/../x", "a b", None, f"{UNIT}:0000-11112222") == "evidence_26-x_a-b_undated_11112222.zip"


def test_the_kernel_says_what_file_system_a_folder_is_on(tmp_path: Path) -> None:
    assert file_system_of(tmp_path)
    assert file_system_of(tmp_path, tmp_path / "nowhere") == ""


def test_a_hold_that_is_over_counts_no_more_and_a_booking_is_never_changed(tmp_path: Path, medium: Path) -> None:
    with open_rig(Staff(write_unit(tmp_path, UNIT, ""))) as rig:
        rig.hold(rig.add_read(1))
        result = rig.export(medium)
        for statement in (
            "UPDATE evidence_exports SET recipient = 'x'",
            "UPDATE evidence_exports SET finished_boot_id = 'x'",
            "DELETE FROM evidence_exports",
        ):
            with pytest.raises(Exception, match="refused"), rig.store.database.write() as connection:
                connection.exec_driver_sql(statement)
        with rig.staff.authoriser() as chief:
            (hold,) = rig.holds.list(chief, ROBBERY)
            rig.holds.release(chief, ROBBERY, hold.hold_id, "case closed")
        with pytest.raises(EvidenceError, match="no read is held"):
            rig.export(medium)
        assert looks_whole(medium) == [result.path]
