"""The unit's keys, sealed by the real systemd-creds with this computer's key."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from scripts.deploy.provision.keys import HOST, HOST_AND_TPM, NAMES, KeysStep
from scripts.deploy.provision.machine import ProvisioningError, run
from scripts.deploy.provision.steps import State, provision

pytestmark = pytest.mark.review(18)
CannotMake = Callable[[str], str]


@pytest.fixture
def place(tmp_path: Path, require_tool: CannotMake, require_system_module: CannotMake) -> Path:
    require_tool("systemd-creds")
    require_system_module("import os; assert os.geteuid() == 0, 'sealing needs root'")
    return tmp_path


def keys(place: Path, *, has_tpm: bool) -> KeysStep:
    return KeysStep(place / "store", place / "sealed-with", place / "edge.db", has_tpm)


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


def test_a_key_that_is_gone_is_not_drawn_anew_for_a_database_that_is_there(place: Path) -> None:
    (place / "edge.db").touch()
    with pytest.raises(ProvisioningError, match="opens with it alone"):
        keys(place, has_tpm=False).pending()
    with ExitStack() as undo:
        keys(place, has_tpm=False).apply(undo)
    assert not list((place / "store").glob("alpr-edge-*"))
