import os
import stat
from pathlib import Path

import pytest

from alpr_edge.domain.errors import StoreError
from alpr_edge.runtime.key_derivation import KEY_BYTES, derive_key
from alpr_edge.store.keys import KEY_NAMES, _check_guarded, create_keys, load_key


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    folder = tmp_path / "keys"
    create_keys(folder)
    return folder


@pytest.fixture
def credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "credentials"
    folder.mkdir(mode=0o700)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    return folder


def test_made_keys_are_private_and_differ(keys: Path) -> None:
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys.iterdir()} == {0o600}
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700
    contents = {load_key(name, keys) for name in KEY_NAMES}
    assert len(contents) == len(KEY_NAMES)
    assert {len(key) for key in contents} == {KEY_BYTES}


def test_a_key_that_exists_is_never_written_over(keys: Path) -> None:
    before = load_key("outbox", keys)
    (keys / "lists.key").unlink()
    assert create_keys(keys) == [keys / "lists.key"]
    assert load_key("outbox", keys) == before
    assert sorted(path.name for path in keys.iterdir()) == ["access.key", "lists.key", "outbox.key", "signing.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o700])
def test_a_wider_key_is_refused_with_the_remedy(keys: Path, mode: int) -> None:
    path = keys / "outbox.key"
    path.chmod(mode)
    with pytest.raises(StoreError) as excinfo:
        load_key("outbox", keys)
    assert str(excinfo.value) == f"{path}: others may read or change this key; run: chmod 600 {path}"


def test_a_narrower_key_is_taken(keys: Path) -> None:
    (keys / "outbox.key").chmod(0o400)
    assert len(load_key("outbox", keys)) == KEY_BYTES


@pytest.mark.parametrize("content", [b"", b"short", b"k" * 33, b"ab" * 32])
def test_a_key_of_another_length_is_refused(keys: Path, content: bytes) -> None:
    (keys / "outbox.key").write_bytes(content)
    with pytest.raises(StoreError, match="a key is 32 bytes"):
        load_key("outbox", keys)


def test_a_missing_key_says_where_it_was_sought(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"outbox\.key: no such key; .*alpr-edge-outbox"):
        load_key("outbox", tmp_path)


def test_what_is_no_file_is_refused_at_once(keys: Path) -> None:
    (keys / "outbox.key").unlink()
    os.mkfifo(keys / "outbox.key", 0o600)
    with pytest.raises(StoreError, match="not a file"):
        load_key("outbox", keys)


def test_another_users_key_is_refused() -> None:
    status = os.stat_result((0o100600, 1, 1, 1, os.geteuid() + 1, 0, KEY_BYTES, 0, 0, 0))
    with pytest.raises(StoreError, match="belongs to another user; run: chown"):
        _check_guarded(Path("outbox.key"), status, 0o177)


def test_a_folder_that_others_may_enter_gets_no_keys(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o755)
    with pytest.raises(StoreError, match=r"run: chmod 700"):
        create_keys(folder)
    assert not list(folder.iterdir())


def test_the_credential_comes_before_the_file(keys: Path, credentials: Path) -> None:
    credential = credentials / "alpr-edge-outbox"
    credential.write_bytes(b"c" * KEY_BYTES)
    credential.chmod(0o440)  # as systemd shows one that it granted by an ACL
    assert load_key("outbox", keys) == b"c" * KEY_BYTES
    assert load_key("lists", keys) == (keys / "lists.key").read_bytes()


@pytest.mark.parametrize("mode", [0o444, 0o460])
def test_a_credential_open_to_all_is_refused(keys: Path, credentials: Path, mode: int) -> None:
    credential = credentials / "alpr-edge-outbox"
    credential.write_bytes(b"c" * KEY_BYTES)
    credential.chmod(mode)
    with pytest.raises(StoreError, match="others may read or change this key"):
        load_key("outbox", keys)


def test_derived_keys_follow_key_and_purpose_alone() -> None:
    # Pinned: another derivation would lock every unit out of its images.
    key = bytes(range(32))
    assert derive_key(key, "images").hex() == "6b1fcc876eb43c94ada1162e2dc91df30b9374be58bd722ebe8bce3c1d9ac688"
    assert derive_key(key, "images") != derive_key(key, "other") != key
    assert derive_key(bytes(32), "images") != derive_key(key, "images")
