"""That a record which holds anything of a key is noticed: a line of its sealed file, or the key in any writing."""

import json
from base64 import b64encode, encodebytes, urlsafe_b64encode
from pathlib import Path

import pytest

from scripts.prove.host import ProofError
from scripts.prove.scenario import Setup
from scripts.prove.updates import CREDENTIALS, key_traces, require_no_key, unit_keys
from tests.scripts.prove.machines import FolderCar, FolderDepot

KEY = bytes(range(200, 232))
SEALED = encodebytes(bytes(range(176))).decode("ascii")
"""As systemd-creds writes it: base64 over several lines, the last a short one."""
LINES = SEALED.split()


def test_a_text_without_anything_of_a_key_has_no_traces() -> None:
    assert key_traces(SEALED, KEY, f"a digest {'ab' * 32}, {LINES[-1]}") == []


@pytest.mark.parametrize(
    ("text", "traces"),
    [
        (json.dumps({"sealed": SEALED}), [f"line {number} of the sealed file" for number in (1, 2, 3)]),
        (json.dumps({"sealed": LINES[1]}), ["line 2 of the sealed file"]),
        (KEY.hex(), ["the key in hexadecimal"]),
        (KEY.hex().upper(), ["the key in hexadecimal"]),
        (b64encode(KEY).decode("ascii"), ["the key in base64"]),
        (urlsafe_b64encode(KEY).decode("ascii").rstrip("="), ["the key in base64"]),
    ],
    ids=["all of it", "a line", "hexadecimal", "capitals", "base64", "base64 of URLs"],
)
def test_what_a_text_holds_of_a_key_is_named(text: str, traces: list[str]) -> None:
    assert key_traces(SEALED, KEY, f"key {text} of the unit") == traces


@pytest.mark.parametrize("kind", ["json", "txt"])
def test_both_records_are_searched_for_every_key_of_the_unit(kind: str, tmp_path: Path) -> None:
    records, sealed_keys = tmp_path / "var/log/alpr-edge", tmp_path / CREDENTIALS.lstrip("/")
    for folder in (records, sealed_keys):
        folder.mkdir(parents=True)
    for name in ("alpr-edge-lists", "alpr-edge-outbox"):
        (sealed_keys / name).write_text(SEALED, encoding="ascii")
    keys_hex = {"--name=alpr-edge-lists": bytes(32).hex(), "--name=alpr-edge-outbox": KEY.hex()}
    car = FolderCar(tmp_path, lambda words: keys_hex[words[2]])
    keys = unit_keys(Setup(car, FolderDepot(tmp_path / "depot"), bundle=True))
    assert keys == {"alpr-edge-lists": (SEALED, bytes(32)), "alpr-edge-outbox": (SEALED, KEY)}
    for suffix in ("json", "txt"):
        (records / f"decommissioned-proof-1.{suffix}").write_text("nothing of a key\n", encoding="utf-8")
    require_no_key(tmp_path, keys)
    (records / f"decommissioned-proof-1.{kind}").write_text(f"outbox {KEY.hex()}\n", encoding="utf-8")
    with pytest.raises(ProofError, match=rf"\.{kind} holds the key in hexadecimal of alpr-edge-outbox$"):
        require_no_key(tmp_path, keys)


def test_a_record_that_is_missing_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "var/log/alpr-edge").mkdir(parents=True)
    with pytest.raises(ProofError, match="the records are"):
        require_no_key(tmp_path, {})
