import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from alpr_edge.domain.errors import FeedError
from alpr_edge.hotlist.ingest.signature import check_signature

TEXT = b"Plate\r\nABC123\r\n"
PEM, INFO = Encoding.PEM, PublicFormat.SubjectPublicKeyInfo


@pytest.fixture
def maker() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@pytest.fixture
def feed(tmp_path: Path, maker: Ed25519PrivateKey) -> Path:
    path = tmp_path / "list.csv"
    path.write_bytes(TEXT)
    path.with_name("list.csv.sig").write_bytes(maker.sign(TEXT))
    (tmp_path / "feed.pub").write_bytes(maker.public_key().public_bytes(PEM, INFO))
    return path


def check(feed: Path) -> None:
    check_signature(feed, feed.with_name("feed.pub"))


def test_a_signed_feed_passes(feed: Path, maker: Ed25519PrivateKey) -> None:
    check(feed)
    feed.with_name("list.csv.sig").write_bytes(base64.encodebytes(maker.sign(TEXT)))
    check(feed)


def test_one_bit_changed_is_refused(feed: Path) -> None:
    feed.write_bytes(bytes([TEXT[0] ^ 1]) + TEXT[1:])
    with pytest.raises(FeedError, match="not this file's"):
        check(feed)


def test_anothers_signature_is_refused(feed: Path) -> None:
    feed.with_name("list.csv.sig").write_bytes(Ed25519PrivateKey.generate().sign(TEXT))
    with pytest.raises(FeedError, match="not this file's"):
        check(feed)


@pytest.mark.parametrize("signature", [b"", b"x" * 63, b"not base64!", base64.b64encode(b"short")])
def test_what_is_no_signature_is_refused(feed: Path, signature: bytes) -> None:
    feed.with_name("list.csv.sig").write_bytes(signature)
    with pytest.raises(FeedError, match="no Ed25519 signature"):
        check(feed)


def test_a_missing_signature_an_empty_and_a_missing_feed_are_refused(feed: Path) -> None:
    feed.write_bytes(b"")
    with pytest.raises(FeedError, match="empty"):
        check(feed)
    feed.unlink()
    with pytest.raises(FeedError, match="cannot be read"):
        check(feed)
    feed.with_name("list.csv.sig").unlink()
    with pytest.raises(FeedError, match="are signed"):
        check(feed)


def test_a_key_of_another_kind_is_refused(feed: Path) -> None:
    other = generate_private_key(SECP256R1()).public_key().public_bytes(PEM, INFO)
    for key in (other, b"no key"):
        feed.with_name("feed.pub").write_bytes(key)
        with pytest.raises(FeedError, match="no Ed25519 public key"):
            check(feed)
