"""Items on a medium: sealed, and not delivered before the department's receipt."""

import shutil
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from alpr_edge.department.http.storage_app import create_app
from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.people.page_certificates import issue_page_certificate
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.department.pki.media_keys import ReceiptSigner, public_pem
from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.protocol.items import Answer, Outcome, encode
from alpr_edge.domain.protocol.media import RECEIPTS_LINE, ReceiptPayload, ReceiptsPayload
from alpr_edge.domain.protocol.sealing import sign
from alpr_edge.domain.retention import DeletionReason
from alpr_edge.runtime.clock import ReplayedClock
from alpr_edge.settings import UplinkSettings
from alpr_edge.settings.retention import RetentionSettings
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.outbox.outbox import Outbox, OutboxCounts
from alpr_edge.store.reads.repository import ReadStore
from alpr_edge.store.retention.purge import Purge
from alpr_edge.store.retention.usage import on_record
from alpr_edge.uplink import key_pair
from alpr_edge.uplink.delivery_client import HttpsDepartment
from alpr_edge.uplink.media import open_medium, sealer_of
from alpr_edge.uplink.uploader import Uploader
from tests.store.records import instant
from tests.uplink.conftest import settings_for
from tests.uplink.faulty import Fault, FaultyDepartment
from tests.uplink.items import fill, jpeg, read_item, stored_digests
from tests.uplink.media import NOW, import_medium, offload_all, receipts_taken, write_items

pytestmark = pytest.mark.review(13)


@pytest.fixture
def settings(unit_files: Path) -> UplinkSettings:
    return settings_for("https://localhost", unit_files)


@pytest.fixture
def medium(tmp_path: Path) -> Path:
    folder = tmp_path / "medium"
    folder.mkdir()
    return folder


@pytest.fixture
def full_outbox(database: Database, images: ImageStore, outbox: Outbox) -> Outbox:
    assert fill(database, images, 3) == 12
    return outbox


def test_what_lies_on_a_medium_is_not_delivered(full_outbox: Outbox, medium: Path, settings: UplinkSettings) -> None:
    assert offload_all(full_outbox, medium, settings) == 12
    assert full_outbox.counts() == OutboxCounts(ready=0, delivered=0, quarantined=0, offloaded=12)
    (there,) = full_outbox.media()
    assert (there.items, there.last, len(there.medium_id)) == (12, NOW, 32)
    assert offload_all(full_outbox, medium, settings) == 0


def test_what_lies_on_a_medium_is_not_purged_as_acknowledged(
    database: Database, images: ImageStore, full_outbox: Outbox, medium: Path, settings: UplinkSettings
) -> None:
    offload_all(full_outbox, medium, settings)
    store = ReadStore(database, images)
    purge = Purge(database, store, RetentionSettings().limits)
    while purge.step(instant(1000), 10**12):
        pass
    assert purge.done.reads[DeletionReason.ROOM] == 0
    assert store.counts().reads == 3 - on_record(database)


def test_no_plate_can_be_read_on_a_medium(full_outbox: Outbox, medium: Path, settings: UplinkSettings) -> None:
    offload_all(full_outbox, medium, settings)
    write_items(medium, settings, "unit-1", [read_item(9, "8XYZ999")])
    files = [path for path in medium.rglob("*") if path.is_file()]
    assert len(files) == 14
    for path in files:
        content = path.read_bytes() + str(path).encode()
        for plain in (b"7ABC123", b"8XYZ999", b"read-0", b"lat_deg", jpeg("crop of read-0")):
            assert plain not in content, path
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


def test_receipts_of_the_department_deliver(
    full_outbox: Outbox, medium: Path, settings: UplinkSettings, storage: Storage, tmp_path: Path
) -> None:
    offload_all(full_outbox, medium, settings)
    assert receipts_taken(full_outbox, medium, settings).delivered == 0
    result = import_medium(storage, tmp_path / "department", medium)
    assert (result.stored, result.refused, result.receipts, result.troubles) == (12, 0, 12, ())
    assert len(stored_digests(tmp_path / "department")) == 12
    assert receipts_taken(full_outbox, medium, settings).delivered == 12
    assert full_outbox.counts() == OutboxCounts(ready=0, delivered=12, quarantined=0, offloaded=0)
    assert receipts_taken(full_outbox, medium, settings).delivered == 0
    assert full_outbox.media() == []


@pytest.mark.parametrize("failures", [0, 12], ids=["", "after the department failed over each for a while"])
def test_the_link_delivers_what_lies_on_a_medium_once_nothing_else_waits(
    failures: int,
    database: Database,
    images: ImageStore,
    full_outbox: Outbox,
    medium: Path,
    unit_files: Path,
    storage: Storage,
    authority: TlsFiles,
    tmp_path: Path,
) -> None:
    offload_all(full_outbox, medium, settings_for("", unit_files))
    import_medium(storage, tmp_path / "department", medium)
    assert [item.item_id for item in full_outbox.due(50, 10**6)] == []
    server = FaultyDepartment(create_app(storage), tls_context(authority), iter([Fault.STATUS_503] * failures))
    with server as department, ExitStack() as stack:
        settings = settings_for(department.url, unit_files)
        client = stack.enter_context(closing(HttpsDepartment(settings, "unit-1")))
        uploader = Uploader(full_outbox, client, settings, ReplayedClock(instant()), lambda: 0.0)
        for _ in range(3 + 10 * failures):
            uploader.step()
    assert full_outbox.counts() == OutboxCounts(ready=0, delivered=12, quarantined=0, offloaded=0)
    assert len(stored_digests(tmp_path / "department")) == 12


def test_what_the_department_refuses_of_a_medium_is_set_aside(
    full_outbox: Outbox, medium: Path, settings: UplinkSettings
) -> None:
    offload_all(full_outbox, medium, settings)
    full_outbox.settle([Answer("hit-1", Outcome.REFUSED, detail="422"), Answer("hit-2", Outcome.RETRY)], 5)
    assert full_outbox.counts() == OutboxCounts(ready=0, delivered=0, quarantined=1, offloaded=11)
    assert full_outbox.due(12, 10**6, on_media=True)[-1].item_id != "hit-1"


def test_a_medium_that_was_lost_is_written_again(full_outbox: Outbox, medium: Path, settings: UplinkSettings) -> None:
    offload_all(full_outbox, medium, settings)
    assert full_outbox.requeue() == 0
    assert full_outbox.requeue(on_media=True) == 12
    shutil.rmtree(medium)
    medium.mkdir()
    assert offload_all(full_outbox, medium, settings) == 12


def test_receipts_count_when_a_server_of_the_department_signed_them_for_this_unit(
    full_outbox: Outbox, medium: Path, settings: UplinkSettings, authority: TlsFiles
) -> None:
    offload_all(full_outbox, medium, settings)
    item = full_outbox.due(1, 1, on_media=True)[0]
    receipts = [ReceiptPayload(item_id=item.item_id, sha256=item.sha256)]
    pair = key_pair.pair_held(settings)
    assert pair is not None
    payload = encode(ReceiptsPayload(unit_id="unit-1", receipts=receipts))
    by_a_unit = sign(RECEIPTS_LINE, payload, pair[0].public_bytes(Encoding.DER), pair[1])
    good = ReceiptSigner(authority).sign_receipts("unit-1", receipts)
    files = {
        "1": by_a_unit,
        "2": good[:-1] + bytes([good[-1] ^ 1]),
        "3": good.replace(item.sha256.encode(), b"0" * 64),
        "4": ReceiptSigner(authority).sign_receipts("unit-2", receipts),
        "5": good[:40],
        "6": b"",
    }
    for name, content in files.items():
        (medium / "unit-1" / f"receipts-{name}.signed").write_bytes(content)
    result = receipts_taken(full_outbox, medium, settings)
    assert result.delivered == 0
    assert [trouble.partition(": ")[2] for trouble in result.troubles] == [
        "not signed by a server of this unit's department",
        "its signature does not hold: changed, or signed by somebody else",
        "its signature does not hold: changed, or signed by somebody else",
        "receipts of another unit",
        "cut off",
        "not a file of this kind and version",
    ]
    (medium / "unit-1" / "receipts-7.signed").write_bytes(good)
    assert receipts_taken(full_outbox, medium, settings).delivered == 1


def test_receipts_that_the_page_of_a_car_signed_deliver_nothing(
    full_outbox: Outbox, medium: Path, settings: UplinkSettings, authority: TlsFiles, tmp_path: Path
) -> None:
    offload_all(full_outbox, medium, settings)
    item = full_outbox.due(1, 1, on_media=True)[0]
    receipts = [ReceiptPayload(item_id=item.item_id, sha256=item.sha256)]
    directory = Path(shutil.copytree(authority.directory, tmp_path / "with-a-domain"))
    (directory / "department.toml").write_text('[people]\ndomain = "dept.example"\n')
    key = ec.generate_private_key(ec.SECP256R1())
    page = issue_page_certificate(directory, "car-2", key_pair.request_of("car-2", key))
    der = x509.load_pem_x509_certificate(page).public_bytes(Encoding.DER)
    by_a_page = sign(RECEIPTS_LINE, encode(ReceiptsPayload(unit_id="unit-1", receipts=receipts)), der, key)
    file = medium / "unit-1" / "receipts-1.signed"
    file.write_bytes(by_a_page)
    said = "receipts-1.signed: signed with a certificate that is not for localhost, which [uplink] url names"
    result = receipts_taken(full_outbox, medium, settings)
    assert (result.delivered, result.troubles) == (0, [said])
    file.write_bytes(ReceiptSigner(authority).sign_receipts("unit-1", receipts))
    for url, trouble in (("https://dept.example", "not for dept.example"), ("", "set url below [uplink]")):
        result = receipts_taken(full_outbox, medium, settings.model_copy(update={"url": url}))
        assert (result.delivered, trouble in result.troubles[0]) == (0, True)
    by_address = settings.model_copy(update={"url": "https://127.0.0.1:8443"})
    assert receipts_taken(full_outbox, medium, by_address).delivered == 1


def test_receipts_deliver_nothing_once_the_certificate_that_signed_them_has_ended(
    full_outbox: Outbox, medium: Path, settings: UplinkSettings, storage: Storage, tmp_path: Path
) -> None:
    offload_all(full_outbox, medium, settings)
    import_medium(storage, tmp_path / "department", medium)
    for days in (4000, -4000):
        result = receipts_taken(full_outbox, medium, settings, now=datetime.now(UTC) + timedelta(days=days))
        assert (result.delivered, "with a certificate that has ended" in " ".join(result.troubles)) == (0, True)
    assert receipts_taken(full_outbox, medium, settings, now=datetime.now(UTC)).delivered == 12


def test_a_medium_that_is_not_there_is_no_folder_to_make(settings: UplinkSettings, tmp_path: Path) -> None:
    missing = tmp_path / "not-mounted"
    with pytest.raises(UplinkError, match="is the medium mounted"):
        write_items(missing, settings, "unit-1", [read_item()])
    assert not missing.exists()


def test_a_medium_that_fails_is_told_in_a_line(
    full_outbox: Outbox, medium: Path, settings: UplinkSettings, tmp_path: Path
) -> None:
    (medium / "unit-1").write_text("a file where the folder should be")
    with pytest.raises(UplinkError, match="the medium failed: unit-1 Not a directory"):
        offload_all(full_outbox, medium, settings)
    (medium / "unit-1").unlink()
    (medium / "unit-1").symlink_to(tmp_path)
    with pytest.raises(UplinkError, match="a link, which is not followed here"):
        offload_all(full_outbox, medium, settings)
    (medium / "unit-1").unlink()
    (medium / "alpr-edge-medium.json").write_text("{}")
    with pytest.raises(UplinkError, match="does not name a medium"):
        offload_all(full_outbox, medium, settings)
    assert full_outbox.counts().ready == 12


def test_without_the_department_s_key_nothing_is_written(
    full_outbox: Outbox, medium: Path, settings: UplinkSettings, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.pem"
    for content in ("", "no key"):
        wrong.write_text(content)
        with pytest.raises(UplinkError, match="the department's key for media is not there"):
            offload_all(full_outbox, medium, settings.model_copy(update={"media_key_file": wrong}))
    with pytest.raises(UplinkError, match="no certificate to sign with"):
        offload_all(full_outbox, medium, settings.model_copy(update={"certificate_file": wrong}))
    assert full_outbox.counts().ready == 12


def test_an_item_seals_otherwise_each_time(medium: Path, settings: UplinkSettings) -> None:
    with open_medium(medium, "unit-1") as target:
        sealer = sealer_of(settings, "unit-1", target.medium_id)
        assert sealer.seal(read_item(), None)[200:] != sealer.seal(read_item(), None)[200:]


def test_the_key_for_media_is_kept_when_it_is_one(settings: UplinkSettings, tmp_path: Path) -> None:
    here = settings.model_copy(update={"media_key_file": tmp_path / "key.pem"})
    key_pair.write_media_key(here, "")
    assert not here.media_key_file.exists()
    key_pair.write_media_key(here, public_pem(X25519PrivateKey.generate()))
    before = here.media_key_file.read_text()
    with pytest.raises(UplinkError, match="no X25519 public key in PEM"):
        key_pair.write_media_key(here, "rubbish")
    assert here.media_key_file.read_text() == before
