"""A certificate and its key are replaced as one, wherever the power goes."""

import random
import signal
import ssl
import subprocess
import sys
import time
from pathlib import Path

import pytest

from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.errors import StoreError
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink import key_pair
from alpr_edge.uplink.tls import context_of
from tests.department.enrolment import enrol_unit
from tests.uplink.conftest import settings_for

KILLS = 12
SWAP = """
import sys
from pathlib import Path
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink.key_pair import replace_pair, settle_pair
folder, *others = map(Path, sys.argv[1:])
settings = UplinkSettings(certificate_file=folder / "unit.pem", key_file=folder / "unit.key")
settle_pair(settings)
given = [((other / "unit.pem").read_bytes(), (other / "unit.key").read_bytes()) for other in others]
print("ready", flush=True)
while True:
    for certificate, key in given:
        replace_pair(settings, certificate, key)
"""


@pytest.fixture
def settings(authority: TlsFiles, tmp_path: Path) -> UplinkSettings:
    return settings_for("https://127.0.0.1:1", enrol_unit(authority.directory, "unit-1", tmp_path / "tls"))


@pytest.fixture
def other(authority: TlsFiles, tmp_path: Path) -> Path:
    return enrol_unit(authority.directory, "unit-1", tmp_path / "other")


def settle(settings: UplinkSettings) -> bytes:
    """The certificate in its place, after everything else was put right."""
    assert isinstance(context_of(settings), ssl.SSLContext)
    before = key_pair.certificate_held(settings)
    key_pair.settle_pair(settings)
    assert not key_pair.next_file(settings).exists()
    assert isinstance(context_of(settings), ssl.SSLContext)
    assert key_pair.certificate_held(settings) == before
    return settings.certificate_file.read_bytes()


def test_the_new_pair_takes_the_place_of_the_old_one(settings: UplinkSettings, other: Path) -> None:
    key_pair.replace_pair(settings, (other / "unit.pem").read_bytes(), (other / "unit.key").read_bytes())
    assert settle(settings) == (other / "unit.pem").read_bytes()
    assert settings.key_file.read_bytes() == (other / "unit.key").read_bytes()
    assert {path.stat().st_mode & 0o777 for path in (settings.key_file, settings.certificate_file)} == {0o600}
    names = {"department-ca.pem", "department-media.pem", "unit.pem", "unit.key"}
    assert {path.name for path in settings.key_file.parent.iterdir()} == names


@pytest.mark.parametrize("steps", range(4))
def test_after_a_cut_between_any_two_steps_a_usable_pair_is_found(
    steps: int, settings: UplinkSettings, other: Path
) -> None:
    certificate, key = (other / "unit.pem").read_bytes(), (other / "unit.key").read_bytes()
    old = settings.certificate_file.read_bytes()
    writes = [
        (key_pair.next_file(settings), key + certificate),
        (settings.key_file, key),
        (settings.certificate_file, certificate),
    ]
    for path, content in writes[:steps]:
        key_pair.write_whole(path, content)
    assert settle(settings) == (certificate if steps else old)


def test_a_process_killed_at_any_moment_leaves_a_usable_pair(
    settings: UplinkSettings, other: Path, authority: TlsFiles, tmp_path: Path
) -> None:
    chance, folder = random.Random(5), settings.key_file.parent
    third = enrol_unit(authority.directory, "unit-1", tmp_path / "third")
    cut_midway = 0
    for _ in range(KILLS):
        arguments = [sys.executable, "-c", SWAP, str(folder), str(other), str(third)]
        with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as swapping:
            assert swapping.stdout is not None
            assert swapping.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0.0, 0.05))  # no condition: the moment of the kill is the point
            swapping.send_signal(signal.SIGKILL)
        cut_midway += key_pair.next_file(settings).exists()
        assert settle(settings) in {(source / "unit.pem").read_bytes() for source in (folder, other, third)}
    assert cut_midway


def test_a_key_waits_for_its_certificate(tmp_path: Path) -> None:
    path = tmp_path / "unit.key.enrolling"
    key = key_pair.waiting_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert key_pair.waiting_key(path).private_numbers() == key.private_numbers()
    path.write_bytes(b"half of a k")
    assert key_pair.waiting_key(path).private_numbers() != key.private_numbers()


def test_two_do_not_replace_a_pair_at_once(settings: UplinkSettings) -> None:
    with (
        key_pair.pair_lock(settings),
        pytest.raises(StoreError, match="being enrolled or renewed at this moment"),
        key_pair.pair_lock(settings),
    ):
        pass
    with key_pair.pair_lock(settings):
        pass


def test_a_folder_that_takes_nothing_is_told_in_a_line(settings: UplinkSettings, other: Path, tmp_path: Path) -> None:
    bad_settings = settings.model_copy(update={"certificate_file": tmp_path / "missing" / "unit.pem"})
    with pytest.raises(StoreError, match="must be writable for the user that runs this"):
        key_pair.replace_pair(bad_settings, (other / "unit.pem").read_bytes(), (other / "unit.key").read_bytes())
