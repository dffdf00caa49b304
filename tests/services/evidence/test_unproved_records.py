"""Records of who looked at a case that the log was not signed for yet: waited for, else counted and told."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.evidence.checks.findings import CheckSubject
from alpr_edge.evidence.verification import verify_package
from alpr_edge.services.audit.checkpoint_wait import wait_for_checkpoint
from alpr_edge.store.access_log.checkpoints import latest_checkpoint
from tests.services.evidence.case_rig import UNIT, CaseRig, contents, open_rig
from tests.staff import STOLEN, Staff
from tests.units import write_unit


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseRig]:
    with open_rig(Staff(write_unit(tmp_path_factory.mktemp("unproved"), UNIT, ""))) as rig:
        rig.hold(rig.add_read(1))
        yield rig


def test_without_a_daemon_that_signs_they_are_counted_and_told(rig: CaseRig, medium: Path) -> None:
    never_signed = rig.export(medium)
    assert never_signed.unproved_records == 3, "that it was held, and its own two"
    rig.sign_log()
    result = rig.export(medium)
    assert result.unproved_records == 2, "its own"
    verdict = verify_package(result.path, lambda *_: None, passphrase=result.passphrase)
    words = [each.words for each in verdict.statements if each.subject is CheckSubject.ACCESS_LOG]
    assert words[-1].endswith("came after the log was signed last, and are not in it: 2")
    assert verdict.faults == ()
    assert b"not signed yet when the package was made, and are not in it: 2." in contents(result)["index.html"]


def test_what_the_daemon_signs_meanwhile_is_waited_for(rig: CaseRig) -> None:
    with rig.staff.authoriser() as chief:
        rig.exports.list_exports(chief, STOLEN)
    asked = threading.Event()

    def is_signed_on() -> bool:
        asked.set()
        return True

    def sign() -> None:
        asked.wait(60)
        rig.sign_log()

    signer = threading.Thread(target=sign)
    signer.start()
    assert wait_for_checkpoint(rig.log, is_signed_on)
    signer.join()
    newest = latest_checkpoint(rig.log)
    assert newest is not None
    assert newest.size == rig.log.size()


def test_the_wait_ends_when_the_daemon_does(rig: CaseRig) -> None:
    with rig.staff.authoriser() as chief:
        rig.exports.list_exports(chief, STOLEN)
    looks = iter((True, True, False))
    assert not wait_for_checkpoint(rig.log, lambda: next(looks))
    assert list(looks) == []
