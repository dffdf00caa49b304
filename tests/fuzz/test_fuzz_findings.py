"""What fuzzing found: each input made a parser fall over, or take gigabytes or minutes, and is refused now."""

import base64
import secrets
import struct
import zlib
from dataclasses import replace
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError

from alpr_edge.capture.pictures import decode_picture
from alpr_edge.department.pki.evidence_certificates import signing_key_of
from alpr_edge.department.pki.issuance import key_of
from alpr_edge.department.pki.refusals import CertificateRefusedError
from alpr_edge.domain.errors import CaptureError, PictureError, RosterError, SettingsError
from alpr_edge.domain.people.credentials import Credentials, Passkey
from alpr_edge.domain.people.roster import Member
from alpr_edge.domain.people.roster_json import decode_roster, encode_roster
from alpr_edge.domain.protocol.access_log import LogStatementPayload
from alpr_edge.domain.protocol.holds import DepartmentHoldPayload
from alpr_edge.domain.protocol.items import AnswersPayload
from alpr_edge.evidence import layout
from alpr_edge.evidence.container import ContainerTarget
from alpr_edge.evidence.passphrases import draw_passphrase
from alpr_edge.evidence.verification import verify_package
from alpr_edge.settings import load
from alpr_edge.settings.migration import migrate_text
from alpr_edge.uplink.delivery_responses import department_utc_in, retry_after_s
from alpr_edge.vision.jpeg_pictures import decode_stored
from tests.domain.people.builders import person, roster
from tests.fuzz.fuzz_run import peak_memory_mb, reset_peak_memory

PICTURE = np.full((32, 48, 3), 200, np.uint8)
BEFORE_CALENDAR = "0001-01-01T00:00:00+23:59"
"""A moment that is in no year of the calendar once it is in UTC."""


def test_a_png_whose_chunk_says_that_it_is_longer_than_the_file_takes_no_gigabytes(tmp_path: Path) -> None:
    whole = cv2.imencode(".png", PICTURE)[1].tobytes()
    place = whole.index(b"IDAT") - 4
    false = whole[:place] + struct.pack(">I", 0xF000_0000) + whole[place + 4 :]
    before_mb = reset_peak_memory()
    with pytest.raises(CaptureError, match="damaged"):
        decode_picture(tmp_path / "picture.png", false)
    assert peak_memory_mb() - before_mb < 64


def test_a_png_with_a_chunk_of_its_own_is_still_a_picture(tmp_path: Path) -> None:
    whole = cv2.imencode(".png", PICTURE)[1].tobytes()
    text = b"tEXtSoftware\x00a camera"
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    place = whole.index(b"IDAT") - 4
    pixels = decode_picture(tmp_path / "picture.png", whole[:place] + chunk + whole[place:])
    assert pixels.shape == PICTURE.shape


@pytest.mark.parametrize("size", [(0xFFFF, 0xFFFF), (0x7FFF, 0x0800), (0, 0)])
def test_a_stored_jpeg_that_says_that_it_is_huge_takes_no_gigabytes(size: tuple[int, int]) -> None:
    whole = cv2.imencode(".jpg", PICTURE)[1].tobytes()
    place = whole.index(struct.pack(">HH", *PICTURE.shape[:2]))
    before_mb = reset_peak_memory()
    with pytest.raises(PictureError):
        decode_stored(whole[:place] + struct.pack(">HH", *size) + whole[place + 4 :])
    assert peak_memory_mb() - before_mb < 64


@pytest.mark.parametrize(
    "value",
    ["[" * 20_000 + "]" * 20_000, "{a=" * 500 + "1" + "}" * 500, "9" * 5000, "0x" + "f" * 5000],
    ids=["lists", "tables", "decimal", "hexadecimal"],
)
def test_settings_that_python_cannot_read_are_refused_in_one_line(value: str, tmp_path: Path) -> None:
    path = tmp_path / "alpr-edge.toml"
    path.write_text(f"[unit]\nid = {value}\n")
    with pytest.raises(SettingsError) as refusal:
        load(path)
    assert len(refusal.value.faults) == 1


@pytest.mark.parametrize("key", ["a" + ".a" * 20_000, 'a."b"' + " . 'c'" * 20_000])
def test_a_key_of_thousands_of_names_takes_no_minutes(key: str, tmp_path: Path) -> None:
    path = tmp_path / "alpr-edge.toml"
    path.write_text(f"[unit]\n{key} = 1\n")
    with pytest.raises(SettingsError, match="nested hundreds deep"):
        load(path)
    with pytest.raises(SettingsError, match="nested hundreds deep"):
        migrate_text(path.read_text())


@pytest.mark.parametrize("field", ["credential_id", "public_key"])
def test_a_passkey_that_is_no_ascii_is_no_roster(field: str) -> None:
    credentials = Credentials(passkeys=(Passkey(b"id", b"key", 3),))
    body = encode_roster(roster(Member(person(), credentials)))
    name = f'"{field}":"'.encode()
    with pytest.raises(RosterError, match="passkeys"):
        decode_roster(body.replace(name, name + "\u00e9".encode()))


def test_a_roster_of_a_year_before_the_first_is_none() -> None:
    some = roster(Member(person()))
    body = encode_roster(replace(some, members=()))
    end = f'"valid_until":"{some.header.valid_until:%Y-%m-%dT%H:%M:%S}.000Z"'
    assert end.encode() in body
    with pytest.raises(RosterError, match="valid_until"):
        decode_roster(body.replace(end.encode(), f'"valid_until":"{BEFORE_CALENDAR}"'.encode()))


@pytest.mark.parametrize(
    "date",
    ["Mon, 04 May 2026 12:01:30 999999999999999999999999999999", "Mon, 04 May 99999999999999999999 12:01:30 GMT"],
)
@pytest.mark.parametrize("names", [("Retry-After", "Date"), ("Date", "Retry-After")])
def test_a_date_without_end_is_none(date: str, names: tuple[str, str]) -> None:
    first, second = names
    assert retry_after_s(httpx.Headers({first: date, second: "Mon, 04 May 2026 12:00:00 GMT"})) is None


def test_the_departments_time_before_the_calendar_is_none() -> None:
    assert department_utc_in(AnswersPayload(answers=[], utc=BEFORE_CALENDAR)) is None


@pytest.mark.parametrize("size", [-1, 2**63, 10**400])
def test_a_log_of_a_size_that_no_database_takes_is_none(size: int) -> None:
    with pytest.raises(ValidationError):
        LogStatementPayload(log_id="0" * 32, size=size)


@pytest.mark.parametrize(
    "change", [{"hold_id": "x" * 129}, {"person": "a\x00b"}, {"case_number": "\u202e26-1"}, {"read_ids": ["y" * 129]}]
)
def test_a_hold_that_could_not_go_on_record_is_none(change: dict[str, object]) -> None:
    values = {
        "hold_id": "d:1",
        "case_number": "26-1",
        "reason": "evidence",
        "until": None,
        "person": "Ana Ruiz",
        "made": "2026-05-04T12:00:00Z",
        "read_ids": ["unit-1:1"],
    }
    assert DepartmentHoldPayload.model_validate(values).hold_id == "d:1"
    with pytest.raises(ValidationError):
        DepartmentHoldPayload.model_validate(values | change)


def test_a_certificate_request_of_another_version_is_refused() -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "unit-1")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(Ed25519PrivateKey.generate(), None)
    assert request.public_key() == signing_key_of(request.public_bytes(Encoding.PEM).decode())
    der = request.public_bytes(Encoding.DER).replace(b"\x02\x01\x00", b"\x02\x01\x01", 1)
    pem = _pem(der)
    for read in (signing_key_of, key_of):
        with pytest.raises(CertificateRefusedError):
            read(pem)


def _pem(der: bytes) -> str:
    """A request (DER) as PEM."""
    text = base64.encodebytes(der).decode()
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{text}-----END CERTIFICATE REQUEST-----\n"


@pytest.mark.parametrize("record", [b"PK\x03\x04", b"PK\x01\x02"])
def test_a_container_that_says_of_an_encrypted_file_that_it_is_none_is_damaged(record: bytes, tmp_path: Path) -> None:
    path, passphrase = tmp_path / "case.zip", draw_passphrase(secrets.randbits)
    target = ContainerTarget(path, passphrase)
    target.add(layout.TAG_MANIFEST, b"a manifest")
    target.finish()
    content = bytearray(path.read_bytes())
    flags = content.index(record) + {b"PK\x03\x04": 6, b"PK\x01\x02": 8}[record]
    content[flags] &= 0xFE
    path.write_bytes(content)
    assert not verify_package(path, lambda _done, _total: None, passphrase=passphrase).holds
