"""A decommissioning that did not end goes on with what it left, and never with a unit that was put to use since."""

import json
from argparse import Namespace
from pathlib import Path

import pytest

from scripts.deploy.decommission import destruction
from scripts.deploy.decommission.__main__ import _discard, _record_to_continue
from scripts.deploy.decommission.present_unit import PresentUnit
from scripts.deploy.decommission.record import BLOCKS, DecommissionRecord, record_text, records
from scripts.deploy.provision.machine import ProvisioningError
from scripts.deploy.provision.page import make_certificate

BEGAN = "2026-03-02T17:00:00Z"
SERVICES = """#!/bin/sh
test -e "$0.$1"
"""
"""Stands for systemctl: a file beside it says that the services are enabled, or active."""


class Computer:
    """A computer whose unit's decommissioning did not end: services off, one key destroyed, settings still there."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.records = folder, folder / "records"
        self.unit = PresentUnit(folder / "unit.toml", folder / "tls", folder / "keys", folder / "systemctl")
        self.unit.tls.mkdir()
        self.key = self.unit.credentials / "alpr-edge-outbox"
        self.unit.credentials.mkdir()
        (folder / "systemctl").write_text(SERVICES)
        (folder / "systemctl").chmod(0o755)
        self.give("car-12")
        record = DecommissionRecord("car-12", "somebody", BEGAN, "1.2.3", self.unit.certificate, emptied=True)
        record.keys = [{"file": str(self.key), "bytes": 1, "sha256": "ab"}]
        record.save(self.records)

    def give(self, unit_id: str) -> None:
        """Make the computer a unit with a certificate of its own."""
        self.unit.settings.write_text(f'[unit]\nid = "{unit_id}"\n')
        (self.unit.tls / "unit.pem").write_bytes(make_certificate(unit_id, "127.0.0.1"))

    def record(self, unit_id: str = "car-12") -> DecommissionRecord:
        """What a decommissioning goes on with."""
        return _record_to_continue(Namespace(unit_id=unit_id, by="me"), self.unit, self.records)


@pytest.fixture
def computer(tmp_path: Path) -> Computer:
    return Computer(tmp_path)


def test_what_a_destruction_left_is_destroyed_to_the_end(computer: Computer) -> None:
    assert (computer.record().began, computer.record().emptied) == (BEGAN, True)
    computer.unit.settings.write_bytes(b"\xff\x00")  # half overwritten
    assert computer.record().began == BEGAN
    computer.unit.settings.unlink()
    (computer.unit.tls / "unit.pem").unlink()
    assert computer.record().began == BEGAN


@pytest.mark.parametrize("sign", ["certificate", "key", "is-enabled", "is-active"])
def test_a_unit_that_was_put_to_use_since_hands_its_reads_over(computer: Computer, sign: str) -> None:
    if sign == "certificate":
        computer.give("car-12")
    elif sign == "key":
        computer.key.touch()
    else:
        (computer.folder / f"systemctl.{sign}").touch()
    record = computer.record()
    assert (record.emptied, record.ended, record.certificate_sha256) == (False, "", computer.unit.certificate)
    assert record.began > BEGAN


def test_another_unit_on_the_same_computer_is_not_destroyed_in_its_place(computer: Computer) -> None:
    computer.unit.settings.write_text('[unit]\nid = "car-13"\n')
    with pytest.raises(ProvisioningError, match="this unit is car-13, not car-12"):
        computer.record()
    computer.unit.settings.write_text("[unit]\n")
    with pytest.raises(ProvisioningError, match="the settings here name no unit"):
        computer.record()


def test_while_the_drive_erases_blocks_the_record_says_that_all_else_is_done(tmp_path: Path) -> None:
    folder, fstrim = tmp_path / "records", tmp_path / "fstrim"
    fstrim.write_text(f"#!/bin/sh\ncp {folder}/*.json {tmp_path}/meanwhile\ntest ! -e {tmp_path}/refuses\n")
    fstrim.chmod(0o755)
    data = {"files": 1, "bytes": 5, "database_sha256": "cd"}
    ended = "2026-03-02T17:01:00Z"
    record = DecommissionRecord("car-12", "somebody", BEGAN, "1.2.3", removed=dict(data), ended=ended)
    _discard(record, folder, fstrim)
    meanwhile = json.loads((tmp_path / "meanwhile").read_text())
    assert (meanwhile["ended"], meanwhile["removed"]) == (ended, data | {BLOCKS: destruction.NOT_YET})
    (written,) = records(folder)
    assert written.removed == data | {BLOCKS: destruction.ASKED}
    (tmp_path / "refuses").touch()
    _discard(record, folder, fstrim)
    assert record.removed == data | {BLOCKS: destruction.REFUSED}
    assert f"free blocks  {destruction.REFUSED}" in record_text(record, Path("x"))
