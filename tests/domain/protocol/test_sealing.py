"""Items and passphrases that only the department can open, and files that only their unit can have signed."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.protocol.bookings import booking_item_id, open_passphrase, seal_passphrase
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, digest, encode
from alpr_edge.domain.protocol.media import ITEM_LINE, RECEIPTS_LINE, ItemHeader, ItemLabel
from alpr_edge.domain.protocol.sealing import (
    SUITE,
    SealedError,
    Sealer,
    SignedFile,
    header_of,
    media_key_digest,
    media_key_in,
    parse_signed_file,
    sign,
    unseal,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODY = b'{"plate":"7ABC123"}'
ITEM = OutboxItem("read-1", ItemKind.READ, BODY, digest(BODY))
NO_KEY_PEM = b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n"


def certificate_of(key: CertificateIssuerPrivateKeyTypes) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "unit-1")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.public_key(key.public_key()).not_valid_before(NOON).not_valid_after(NOON + timedelta(days=90))
    return builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256())


UNIT_KEY, DEPARTMENT_KEY = ec.generate_private_key(ec.SECP256R1()), X25519PrivateKey.generate()
CERTIFICATE = certificate_of(UNIT_KEY)
SEALER = Sealer("unit-1", "ab" * 16, CERTIFICATE, UNIT_KEY, DEPARTMENT_KEY.public_key())


def test_the_department_opens_what_the_unit_sealed() -> None:
    file = parse_signed_file(ITEM_LINE, SEALER.seal(ITEM, NOON))
    file.verify(CERTIFICATE)
    assert header_of(file) == ItemHeader(
        unit_id="unit-1",
        medium_id="ab" * 16,
        written="2026-03-01T12:00:00.000Z",
        certificate_sha256=CERTIFICATE.fingerprint(SHA256()).hex(),
        media_key_sha256=media_key_digest(DEPARTMENT_KEY.public_key()),
    )
    assert unseal(file, DEPARTMENT_KEY) == (ItemLabel(item_id="read-1", kind="read", sha256=digest(BODY)), BODY)


def test_nothing_of_an_item_can_be_read_without_the_key_and_the_same_item_is_never_the_same_file() -> None:
    content = SEALER.seal(ITEM, None)
    assert BODY not in content
    assert b"read-1" not in content
    assert header_of(parse_signed_file(ITEM_LINE, content)).written is None
    assert content != SEALER.seal(ITEM, None)


def test_another_key_opens_nothing() -> None:
    file = parse_signed_file(ITEM_LINE, SEALER.seal(ITEM, NOON))
    with pytest.raises(SealedError, match=r"^does not open with this department's key for media$"):
        unseal(file, X25519PrivateKey.generate())


def test_an_item_is_bound_to_its_header() -> None:
    file = parse_signed_file(ITEM_LINE, SEALER.seal(ITEM, NOON))
    other = encode(header_of(file).model_copy(update={"unit_id": "unit-2"}))
    with pytest.raises(SealedError, match="does not open"):
        unseal(SignedFile(other, file.second, file.message, file.signature), DEPARTMENT_KEY)


@pytest.mark.parametrize("content", [b"", b"\0\0\0\xff{}", b"\0\0\0\2{}", b"\0\0\0\2no", b"\0\0"])
def test_what_was_sealed_without_a_label_does_not_open(content: bytes) -> None:
    sealed = SUITE.encrypt(content, DEPARTMENT_KEY.public_key(), info=b"header")
    with pytest.raises(SealedError, match="does not open"):
        unseal(SignedFile(b"header", sealed, b"", b""), DEPARTMENT_KEY)


def test_a_file_has_two_blocks_behind_their_lengths_and_a_signature_over_both() -> None:
    content = sign(RECEIPTS_LINE, b"one", b"second", UNIT_KEY)
    message = RECEIPTS_LINE + b"\0\0\0\3one" + b"\0\0\0\6second"
    assert content.startswith(message)
    file = parse_signed_file(RECEIPTS_LINE, content)
    assert (file.first, file.second, file.message) == (b"one", b"second", message)
    UNIT_KEY.public_key().verify(file.signature, message, ec.ECDSA(SHA256()))


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_blocks_of_any_content_come_back(first: bytes, second: bytes) -> None:
    file = parse_signed_file(ITEM_LINE, sign(ITEM_LINE, first, second, UNIT_KEY))
    assert (file.first, file.second) == (first, second)
    file.verify(CERTIFICATE)


def test_a_file_that_was_cut_off_or_is_of_another_kind_is_refused() -> None:
    content = sign(ITEM_LINE, b"one", b"second", UNIT_KEY)
    for length in range(len(ITEM_LINE), len(ITEM_LINE) + 4 + 3 + 4 + 6):
        with pytest.raises(SealedError, match=r"^cut off$"):
            parse_signed_file(ITEM_LINE, content[:length])
    for other in (content[: len(ITEM_LINE) - 1], b" " + content, b""):
        with pytest.raises(SealedError, match=r"^not a file of this kind and version$"):
            parse_signed_file(ITEM_LINE, other)
    with pytest.raises(SealedError, match=r"^not a file of this kind"):
        parse_signed_file(RECEIPTS_LINE, content)


def test_a_changed_byte_anywhere_breaks_the_signature() -> None:
    content = sign(ITEM_LINE, b"one", b"second", UNIT_KEY)
    for place in (*range(len(ITEM_LINE) + 4, len(ITEM_LINE) + 7), len(ITEM_LINE) + 11, len(content) - 1):
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        with pytest.raises(SealedError, match=r"^its signature does not hold: changed, or signed by somebody else$"):
            parse_signed_file(ITEM_LINE, changed).verify(CERTIFICATE)


def test_only_the_key_of_the_certificate_can_have_signed() -> None:
    file = parse_signed_file(ITEM_LINE, sign(ITEM_LINE, b"one", b"two", UNIT_KEY))
    with pytest.raises(SealedError, match=r"^its signature does not hold"):
        file.verify(certificate_of(ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(SealedError, match=r"^signed with a key of another kind than ECDSA$"):
        file.verify(certificate_of(ed25519.Ed25519PrivateKey.generate()))


def test_a_header_that_is_none_is_refused_without_its_values() -> None:
    for first in (b"", b"{}", b'{"unit_id":"7ABC123"}'):
        with pytest.raises(SealedError, match=r"^its header is none$"):
            header_of(SignedFile(first, b"", b"", b""))


def test_a_key_for_media_is_read_from_pem_and_named_by_its_digest() -> None:
    key = DEPARTMENT_KEY.public_key()
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert media_key_in(pem).public_bytes_raw() == key.public_bytes_raw()
    assert media_key_digest(key) == digest(der)


def test_what_is_no_key_for_media_is_refused() -> None:
    signing = UNIT_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for pem in (b"", b"no key", NO_KEY_PEM, signing):
        with pytest.raises(SealedError, match=r"^no X25519 public key in PEM$"):
            media_key_in(pem)


@given(st.text(max_size=60), st.text(max_size=20))
def test_a_passphrase_comes_back_for_its_own_package(passphrase: str, package_id: str) -> None:
    sealed = seal_passphrase(passphrase, package_id, DEPARTMENT_KEY.public_key())
    assert open_passphrase(sealed, package_id, DEPARTMENT_KEY) == passphrase


def test_the_form_of_a_sealed_passphrase_stays_the_same_over_releases() -> None:
    info = b"alpr-edge passphrase of a package, 1\npackage-1"
    sealed = base64.b64encode(SUITE.encrypt("größe 7".encode(), DEPARTMENT_KEY.public_key(), info=info)).decode()
    assert open_passphrase(sealed, "package-1", DEPARTMENT_KEY) == "größe 7"
    made = base64.b64decode(seal_passphrase("größe 7", "package-1", DEPARTMENT_KEY.public_key()), validate=True)
    assert SUITE.decrypt(made, DEPARTMENT_KEY, info=info) == "größe 7".encode()


def test_a_passphrase_does_not_open_for_another_package_or_key() -> None:
    sealed = seal_passphrase("correct horse", "package-1", DEPARTMENT_KEY.public_key())
    tries = [
        (sealed, "package-2", DEPARTMENT_KEY),
        (sealed, "package-1", X25519PrivateKey.generate()),
        (sealed + "ä", "package-1", DEPARTMENT_KEY),
        (f" {sealed}", "package-1", DEPARTMENT_KEY),
        (f"{sealed[:4]}!{sealed[4:]}", "package-1", DEPARTMENT_KEY),
        (sealed[:-1], "package-1", DEPARTMENT_KEY),
        ("", "package-1", DEPARTMENT_KEY),
    ]
    for text, package_id, key in tries:
        with pytest.raises(
            SealedError, match=r"^the passphrase does not open with this department's key for media$"
        ) as caught:
            open_passphrase(text, package_id, key)
        assert "horse" not in str(caught.value)


def test_a_booking_is_named_by_its_package() -> None:
    assert booking_item_id("package-1") == "booking:package-1"
