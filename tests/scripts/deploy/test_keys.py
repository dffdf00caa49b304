"""The unit's keys, sealed by the real systemd-creds with this computer's key; for a TPM by a program in its place."""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from alpr_edge.store import keys as store_keys
from scripts.deploy.provision.keys import DATA_OF_KEYS, HOST, HOST_AND_TPM, NAMES, KeysStep
from scripts.deploy.provision.machine import run
from scripts.deploy.provision.steps import State, provision

pytestmark = pytest.mark.review(18)
CannotMake = Callable[[str], str]


@pytest.fixture
def place(tmp_path: Path, require_tool: CannotMake, require_system_module: CannotMake) -> Path:
    require_tool("systemd-creds")
    require_system_module("import os; assert os.geteuid() == 0, 'sealing needs root'")
    return tmp_path


def keys(place: Path, *, has_tpm: bool) -> KeysStep:
    return KeysStep(place / "store", place / "sealed-with", place / "data", has_tpm)


def plain_keys(place: Path) -> list[str]:
    """The plain keys, in hex."""
    command = ("systemd-creds", "decrypt", "--transcode=hex")
    return [run(*command, f"--name=alpr-edge-{name}", place / "store" / f"alpr-edge-{name}", "-") for name in NAMES]


def test_without_a_tpm_they_are_sealed_with_the_computer_s_key_and_that_is_noted(place: Path) -> None:
    outcomes = [next(provision([keys(place, has_tpm=False)], dry_run=False)) for _ in range(2)]
    assert [outcome.state for outcome in outcomes] == [State.CHANGED, State.SAME], outcomes
    assert (place / "sealed-with").read_text(encoding="ascii") == f"{HOST}\n"
    assert len({key for key in plain_keys(place) if len(key.strip()) == 64}) == len(NAMES)
    assert {path.stat().st_mode & 0o777 for path in (place / "store").iterdir()} == {0o600}


def test_a_key_that_a_newer_release_needs_is_made_beside_those_that_are_there(place: Path) -> None:
    assert next(provision([keys(place, has_tpm=False)], dry_run=False)).state is State.CHANGED
    before = plain_keys(place)
    newer = KeysStep(place / "store", place / "sealed-with", place / "data", has_tpm=False, names=(*NAMES, "canvass"))
    assert newer.pending() == [f"make {place}/store/alpr-edge-canvass"]
    assert next(provision([newer], dry_run=False)).state is State.CHANGED
    assert newer.pending() == []
    assert plain_keys(place) == before


def test_a_tpm_that_comes_later_is_sealed_with_and_no_key_changes(place: Path) -> None:
    assert next(provision([keys(place, has_tpm=False)], dry_run=False)).state is State.CHANGED
    before = plain_keys(place)
    with_tpm = keys(place, has_tpm=True)
    assert [line.endswith("with the TPM") for line in with_tpm.pending()] == [True] * len(NAMES) + [False]
    # Where the computer has none, some releases of systemd refuse to seal with it: then nothing changes.
    is_sealed = next(provision([with_tpm], dry_run=False)).state is State.CHANGED
    assert plain_keys(place) == before
    assert (place / "sealed-with").read_text(encoding="ascii") == f"{HOST_AND_TPM if is_sealed else HOST}\n"
    assert len(list((place / "store").iterdir())) == len(NAMES)


def test_a_tpm_that_was_used_is_never_done_without(place: Path) -> None:
    (place / "sealed-with").write_text(f"{HOST_AND_TPM}\n", encoding="ascii")
    outcome = next(provision([keys(place, has_tpm=False)], dry_run=False))
    assert outcome.state is State.FAILED
    assert "keys are sealed with a TPM, and none can be used" in outcome.error
    assert not list((place / "store").glob("alpr-edge-*"))


@pytest.mark.review2(3)
@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("outbox", "edge.db"),
        ("outbox", "damaged-20260101T000000Z/edge.db"),
        ("lists", "hotlists/doj.00000001.list"),
        ("access", "access.db"),
        ("access", "accounts.db"),
        ("access", "access-log-damaged-20260101T000000Z/access.db"),
        ("signing", "access.db"),
    ],
)
def test_a_key_that_is_gone_is_not_drawn_anew_for_data_that_are_there(tmp_path: Path, name: str, file: str) -> None:
    sealed = Sealed(tmp_path)
    key, data = tmp_path / "store" / f"alpr-edge-{name}", tmp_path / "data" / file
    data.parent.mkdir(parents=True)
    data.touch()
    assert sealed.step(has_tpm=False).pending() == []
    key.unlink()
    (outcome,) = provision([sealed.step(has_tpm=False)], dry_run=False)
    assert outcome.state is State.FAILED
    assert outcome.error == f"{key}: gone, and {data} opens with it alone; restore it, or move the data away"
    assert not key.exists()
    data.unlink()
    assert sealed.step(has_tpm=False).pending() == [f"make {key}"]


@pytest.mark.review2(3)
def test_a_command_and_the_provisioning_know_the_same_data_of_each_key() -> None:
    assert DATA_OF_KEYS == store_keys.DATA_OF_KEYS


SEALER = """#!/bin/sh
case $1 in
encrypt) echo "$2"; od -An -v -tx1 | tr -d ' \\n' ;;
decrypt) tail -n 1 ;;
esac
"""
"""Seals as systemd-creds would on a computer with a TPM: what it sealed with, then the key in hex."""


class PowerCut(ExitStack):
    """Ends a step before it writes one file more, and undoes nothing, as when the power goes."""

    def __init__(self, files: int) -> None:
        super().__init__()
        self._files_left = files

    def callback(self, *step: Any, **more: Any) -> Any:  # noqa: ANN401 - as general as the one of its base
        if not self._files_left:
            raise KeyboardInterrupt
        self._files_left -= 1
        return super().callback(*step, **more)


class Sealed:
    """A unit's keys, sealed with this computer's key, as it gets a TPM."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.sealer = folder, folder / "seal"
        self.sealer.write_text(SEALER, encoding="ascii")
        self.sealer.chmod(0o755)
        assert next(provision([self.step(has_tpm=False)], dry_run=False)).state is State.CHANGED

    def step(self, *, has_tpm: bool = True) -> KeysStep:
        place = self.folder
        return KeysStep(place / "store", place / "sealed-with", place / "data", has_tpm, self.sealer)

    @property
    def keys(self) -> list[str]:
        return [(self.folder / "store" / f"alpr-edge-{name}").read_text(encoding="ascii").split()[1] for name in NAMES]

    @property
    def note(self) -> str:
        return (self.folder / "sealed-with").read_text(encoding="ascii").strip()

    @property
    def sealed_with(self) -> dict[str, str]:
        """What each file of the store was sealed with, copies and drafts included."""
        files = sorted((self.folder / "store").iterdir())
        return {path.name: path.read_text(encoding="ascii").split()[0].partition("=")[2] for path in files}


@pytest.mark.parametrize("files", range(len(NAMES) + 2))
def test_the_note_never_names_a_tpm_that_a_key_opens_without(tmp_path: Path, files: int) -> None:
    sealed = Sealed(tmp_path)
    with suppress(KeyboardInterrupt):
        sealed.step().apply(PowerCut(files))
    assert sealed.note == HOST or set(sealed.sealed_with.values()) == {HOST_AND_TPM}, sealed.sealed_with
    assert (sealed.note == HOST_AND_TPM) is (files > len(NAMES))
    (outcome,) = provision([sealed.step()], dry_run=False)
    assert outcome.state is (State.SAME if files > len(NAMES) else State.CHANGED)
    assert sealed.note == HOST_AND_TPM
    assert sealed.sealed_with == {f"alpr-edge-{name}": HOST_AND_TPM for name in sorted(NAMES)}
    assert sealed.step().pending() == []


def test_what_a_power_cut_left_beside_the_keys_is_removed(tmp_path: Path) -> None:
    sealed = Sealed(tmp_path)
    stale = [tmp_path / "store" / f".alpr-edge-outbox.{kind}" for kind in ("before", "new")]
    for path in stale:
        path.write_text("sealed without the TPM\n")
    assert sealed.step(has_tpm=False).pending() == [f"remove {path}" for path in stale]
    (outcome,) = provision([sealed.step(has_tpm=False)], dry_run=False)
    assert (outcome.state, sorted(sealed.sealed_with)) == (
        State.CHANGED,
        [f"alpr-edge-{name}" for name in sorted(NAMES)],
    )


def test_keys_that_were_sealed_anew_stay_where_the_note_cannot_be_written(tmp_path: Path) -> None:
    sealed = Sealed(tmp_path)
    keys_before = sealed.keys
    (tmp_path / "sealed-with").unlink()
    (tmp_path / "sealed-with").mkdir()
    (outcome,) = provision([sealed.step()], dry_run=False)
    assert (outcome.state, "sealed-with: cannot be written" in outcome.error) == (State.FAILED, True)
    assert sealed.sealed_with == {f"alpr-edge-{name}": HOST_AND_TPM for name in sorted(NAMES)}
    assert sealed.keys == keys_before
