"""Bookings of packages at the department: stored as items, listed, their passphrases sealed."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles, initialise
from alpr_edge.department.pki.media_keys import load_media_key, make_media_key
from alpr_edge.domain.protocol.bookings import BookingPayload, booking_item_id, open_passphrase, seal_passphrase
from alpr_edge.domain.protocol.items import digest, encode, instant_payload
from alpr_edge.domain.protocol.sealing import SealedError
from tests.department.engines import EngineUnderTest
from tests.store.records import instant

PACKAGE, OTHER, WITH_HITS = "unit-1:package-1", "unit-1:package-2", "unit-1:package-3"
PASSPHRASE = "7Q2KD-AAAAA-BBBBB"
CASE = "26-123456"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, engine: EngineUnderTest) -> TlsFiles:
    files = initialise(tmp_path_factory.mktemp("bookings") / "department", ["127.0.0.1"])
    engine.use(files.directory)
    make_media_key(files)
    return files


@pytest.fixture(scope="module")
def storage(files: TlsFiles) -> Iterator[Storage]:
    with closing(Storage(files.directory)) as storage:
        assert answer(storage, booking(files)) == ("receipt", "")
        assert answer(storage, booking(files, OTHER, sealed="")) == ("receipt", "")
        yield storage


def booking(files: TlsFiles, package_id: str = PACKAGE, *, sealed: str | None = None, **changes: object) -> Part:
    """A booking as a unit sends it."""
    key = load_media_key(files).public_key()
    values: dict[str, object] = {
        "package_id": package_id,
        "unit_id": "unit-1",
        "case": CASE,
        "purpose": "discovery",
        "offence": "",
        "person_id": "sam",
        "person": "Sam Ortiz",
        "session": "2f1c",
        "medium": "M-7",
        "recipient": "District attorney",
        "file_name": "evidence.zip",
        "package_sha256": "a" * 64,
        "manifest_sha256": "b" * 64,
        "size_bytes": 4321,
        "reads": 3,
        "hits": 0,
        "pictures": 6,
        "with_scenes": True,
        "is_redacted": False,
        "booked": instant_payload(instant()),
        "sealed_passphrase": seal_passphrase(PASSPHRASE, package_id, key) if sealed is None else sealed,
    }
    body = encode(BookingPayload.model_validate({**values, **changes}))
    return Part(booking_item_id(package_id), "access", body, digest(body))


def answer(storage: Storage, part: Part, unit_id: str = "unit-1") -> tuple[str, str]:
    (answer,) = storage.store(unit_id, [part])
    return answer.outcome, answer.detail


def test_a_booking_is_listed_with_all_but_its_passphrase(storage: Storage) -> None:
    listed = {each.package_id: each for each in storage.bookings.list_bookings()}
    first = listed[PACKAGE]
    assert (first.case, first.person, first.medium, first.recipient, first.reads) == (
        CASE, "Sam Ortiz", "M-7", "District attorney", 3,
    )  # fmt: skip
    assert first.is_escrowed
    assert not listed[OTHER].is_escrowed
    assert PASSPHRASE not in repr(listed)
    assert len(storage.bookings.list_bookings(CASE)) == 2
    assert storage.bookings.list_bookings("26-999999") == []
    assert len(storage.bookings.list_bookings(f" {CASE} ")) == 2, "as somebody types it"


@pytest.mark.parametrize(
    ("words", "stamped", "shown"),
    [
        ("", None, "no time stamp"),
        ("time stamp of 2026-05-04 12:31:07 UTC", "2026-05-04T12:31:07Z", "time stamp of 2026-05-04 12:31:07 UTC"),
        ("no time stamp: https://tsa.example: does not answer", None, "no time stamp: https://tsa.example"),
        ("time stamp of yesterday", None, "time stamp of yesterday"),
    ],
)
def test_its_time_stamp_is_listed_or_why_it_has_none(
    tmp_path: Path, words: str, stamped: str | None, shown: str
) -> None:
    files = initialise(tmp_path / "department", ["127.0.0.1"])
    make_media_key(files)
    with closing(Storage(files.directory)) as storage:
        assert answer(storage, booking(files, time_stamp=words)) == ("receipt", "")
        (listed,) = storage.bookings.list_bookings()
    assert (listed.time_stamp, listed.stamped) == (words, stamped)
    command = ["department", "evidence", "list", "--directory", str(files.directory)]
    assert shown in " ".join(CliRunner().invoke(app, command, env={"COLUMNS": "300"}).stdout.split())
    told = json.loads(CliRunner().invoke(app, [*command, "--json"]).stdout)
    assert (told["time_stamp"], told["stamped"]) == (words, stamped)


def test_a_booking_twice_is_stored_once_and_others_may_not_book_for_a_unit(storage: Storage, files: TlsFiles) -> None:
    assert answer(storage, booking(files, reads=4))[0] == "refused", "another content under the same id"
    assert answer(storage, booking(files, "unit-2:x"))[1] == "package_id: of another unit"
    assert answer(storage, booking(files, "unit-1:y"), "unit-2")[1].startswith("unit_id: not that of")
    assert answer(storage, booking(files, "unit-1:z", size_bytes=2**70))[1] == "size_bytes: out of range"
    assert len(storage.bookings.list_bookings()) == 2


def test_a_passphrase_opens_for_its_own_package_and_with_its_own_key_alone(files: TlsFiles, tmp_path: Path) -> None:
    key = load_media_key(files)
    sealed = seal_passphrase(PASSPHRASE, PACKAGE, key.public_key())
    assert open_passphrase(sealed, PACKAGE, key) == PASSPHRASE
    others = initialise(tmp_path / "other", ["127.0.0.1"])
    make_media_key(others)
    for wrong, package_id, wrong_key in (
        (sealed, OTHER, key),
        (sealed, PACKAGE, load_media_key(others)),
        (sealed[:-4], PACKAGE, key),
        ("not base 64!", PACKAGE, key),
        ("", PACKAGE, key),
    ):
        with pytest.raises(SealedError, match="does not open"):
            open_passphrase(wrong, package_id, wrong_key)


def test_the_command_lists_them(storage: Storage, files: TlsFiles) -> None:
    def department(*words: str) -> str:
        done = CliRunner().invoke(app, ["department", "evidence", *words, "--directory", str(files.directory)])
        assert done.exit_code == 0, done.output
        return done.stdout

    listed = department("list")
    assert "M-7" in listed
    assert "District attorney" in listed
    assert PASSPHRASE not in listed
    rows = [json.loads(line) for line in department("list", "--json").splitlines()]
    assert {row["package_id"] for row in rows} == {PACKAGE, OTHER}
    assert department("list", "--case", "26-999999") == "no package was exported\n"
