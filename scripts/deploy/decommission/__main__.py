"""Take this unit out of service: prove that all it read was handed over, destroy its keys and data, keep a record."""

import argparse
import getpass
import json
import os
import shlex
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scripts.deploy.decommission import destruction, handover
from scripts.deploy.decommission.present_unit import PresentUnit
from scripts.deploy.decommission.record import BLOCKS, RECORDS, DecommissionRecord, now, record_text, records
from scripts.deploy.provision.machine import ProvisioningError, require_writable, succeeds
from scripts.deploy.provision.program import require_root, run_program, teller
from scripts.deploy.provision.release import BASE
from scripts.deploy.provision.services import CAPTURE, CONSOLE, SYSTEM, UPLINK

_say = teller()


def main() -> int:
    """Decommission the unit; 0 done or done before, 1 refused or failed, 2 wrong usage, 130 interrupted."""
    arguments = _parser().parse_args()
    return run_program(
        "decommission",
        lambda: _report(_decommission(arguments), as_json=arguments.json),
        after_error="; run it again",
        after_interrupt="; run it again to go on",
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/decommission", description=__doc__, epilog="Exit codes: 0 done, 1 refused, 2 wrong usage."
    )
    parser.add_argument("unit_id", metavar="UNIT_ID", help="this unit's id, so that it is the one that was meant")
    ways = parser.add_mutually_exclusive_group()
    ways.add_argument("--export", type=Path, metavar="DIR", help="take receipts from this medium, write what waits")
    ways.add_argument("--abandon", default="", metavar="REASON", help="give up what is left; the reason goes on record")
    parser.add_argument("--by", default="", metavar="NAME", help="who does it; the user who called sudo")
    parser.add_argument("--wait", type=float, default=60.0, metavar="S", help="for the link to deliver what waits")
    parser.add_argument("--json", action="store_true", help="the record for programs on stdout")
    return parser


def _decommission(arguments: argparse.Namespace) -> DecommissionRecord:
    require_root("decommissioning changes the system")
    record = _record_to_continue(arguments, PresentUnit())
    if record.ended:
        _say("done before; this is its record")
        if record.removed.get(BLOCKS) == destruction.NOT_YET:
            _discard(record)
        return record
    require_writable(RECORDS, SYSTEM, destruction.CREDENTIALS, destruction.SETTINGS_FOLDER, destruction.DATA)
    if not record.emptied:
        _empty(record, arguments)
    _destroy(record)
    return record


def _record_to_continue(arguments: argparse.Namespace, unit: PresentUnit, folder: Path = RECORDS) -> DecommissionRecord:
    """The record to continue with: an open one, a new one, or the last of a unit that was taken out of service.

    With an open one the destruction goes on at once: all was handed over before it began, but of that unit alone.

    Args:
        arguments: the command line.
        unit: the unit that is here now.
        folder: the folder of the records.
    """
    earlier_records = [record for record in records(folder) if record.unit_id == arguments.unit_id]
    is_open = bool(earlier_records) and not earlier_records[-1].ended
    if is_open and unit.is_left_of(earlier_records[-1]):
        return earlier_records[-1]
    unit_id = unit.unit_id
    if not unit_id:
        if is_open:
            raise ProvisioningError(
                f"the settings here name no unit; write {arguments.unit_id} into them if it is this"
            )
        if not earlier_records:
            raise ProvisioningError(f"no unit here, and no record of {arguments.unit_id}")
        return earlier_records[-1]
    if unit_id != arguments.unit_id:
        raise ProvisioningError(f"this unit is {unit_id}, not {arguments.unit_id}; name the one you mean")
    if is_open:
        _say("an earlier decommissioning did not end, and the unit was put to use since: it begins anew")
    by = arguments.by or os.environ.get("SUDO_USER") or getpass.getuser()
    release = (BASE / "current").resolve().name
    return DecommissionRecord(unit_id, by, now(), release, unit.certificate, revoke=_revocation(unit_id))


def _empty(record: DecommissionRecord, arguments: argparse.Namespace) -> None:
    """Hand everything over; after a refusal cameras and page start again, unless only receipts are missing."""
    _say("stopping the cameras and the page")
    active = [unit for unit in (CAPTURE, CONSOLE, UPLINK) if succeeds("systemctl", "is-active", "--quiet", unit)]
    succeeds("systemctl", "stop", CAPTURE, CONSOLE)
    try:
        report = _handed_over(record, arguments)
        # The uplink may have renewed it meanwhile.
        record.certificate_sha256 = PresentUnit().certificate
        record.given_up = dict(report["left"])
        record.abandoned = _given_up(report["left"], arguments.abandon)
    except BaseException:
        # New reads and records would need a medium of their own, and that one receipts, without an end.
        again = [unit for unit in active if unit == UPLINK or not handover.waits_for_receipts(record.given_up)]
        if again:
            succeeds("systemctl", "start", "--no-block", *again)
        raise
    record.handed_over, record.outbox, record.emptied = report, report["items"], True


def _handed_over(record: DecommissionRecord, arguments: argparse.Namespace) -> dict[str, Any]:
    """The unit's report once all was done to hand its reads over. Raises ProvisioningError."""
    try:
        _say("queueing open reads, records set aside and what damaged databases hold")
        report = handover.unit_report()
    except ProvisioningError as error:
        if not arguments.abandon:
            raise
        return {"items": {}, "left": {"not_counted": 1}, "error": str(error)}
    began = report
    has_uplink = succeeds("systemctl", "is-active", "--quiet", UPLINK)
    if arguments.export is not None and report["items"]["offloaded"]:
        handover.make_place(arguments.export, record.unit_id)
        handover.take_receipts(arguments.export, _say)
        record.exported = handover.medium_contents(arguments.export, record.unit_id)
    handover.wait_for_delivery(arguments.wait if has_uplink else 0.0, _say)
    report = handover.unit_report()
    waiting = report["items"]["ready"] + report["items"]["quarantined"]
    if waiting and arguments.export is not None:
        _say(f"writing {waiting} items to {arguments.export}")
        # Two senders would only do the same twice.
        succeeds("systemctl", "stop", UPLINK)
        record.exported = handover.export(arguments.export, record.unit_id)
        report = handover.unit_report()
    # Each report is a record of the access log: the last ones, and the checkpoint over them, follow what they tell of.
    handover.wait_for_delivery(arguments.wait if has_uplink and record.exported is None else 0.0, _say)
    return report | {name: began[name] + report[name] for name in ("open_reads_closed", "records_taken_in")}


def _given_up(left: dict[str, int], reason: str) -> str:
    """The reason on record for giving up reads that the department does not have; refused without one."""
    if left and not reason:
        cameras = "; the cameras stay off until then" if handover.waits_for_receipts(left) else ""
        line = f"not handed over: {handover.left_line(left)}{cameras}; nothing is destroyed"
        raise ProvisioningError(f"{line}; --abandon REASON gives it up on record")
    return reason if left else ""


def _destroy(record: DecommissionRecord) -> None:
    """Destroy the keys first: from then on the data is noise. The record is on the disk before and after each step."""
    _say("stopping the daemons")
    destruction.stop_units()
    if not record.revoked:
        record.revoked = destruction.ask_to_revoke()
        _say(f"the department was asked to revoke this unit: {record.revoked}")
    record.removed = record.removed or destruction.data_of()
    record.save()
    for path in destruction.secret_files():
        _say(f"overwriting {path}")
        record.keys.append(destruction.overwritten(path))
        record.save()
    _say("removing the data")
    destruction.remove(destruction.DATA, destruction.SETTINGS_FOLDER, destruction.RUNTIME)
    record.ended = now()
    _discard(record)


def _discard(record: DecommissionRecord, folder: Path = RECORDS, fstrim: str | Path = "fstrim") -> None:
    """Have the drive erase what is free. That may take long: the record says before that all else is done."""
    record.removed[BLOCKS] = destruction.NOT_YET
    record.save(folder)
    record.save_text(folder)
    _say(f"keys and data are gone; the drive erases free blocks, which takes {destruction.DISCARD_S_MAX} s at most")
    record.removed[BLOCKS] = destruction.discard(fstrim)
    record.save(folder)
    record.save_text(folder)


def _revocation(unit_id: str) -> str:
    """What the department has to run where it could not be asked: the command that its server has."""
    return f"sudo alpr-edge-department unit revoke {shlex.quote(unit_id)} --as retired --reason decommissioned"


def _report(record: DecommissionRecord, *, as_json: bool) -> int:
    print(json.dumps(asdict(record)) if as_json else record_text(record, record.path()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
