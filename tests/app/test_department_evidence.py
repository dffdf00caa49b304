"""Evidence of two cars on its whole way: delivered, booked out at the department, verified where there is nothing."""

import json
import re
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

from alpr_edge.department.pki.authority import Authority, TlsFiles
from tests.app.rig import WAIT_S, daemon, wait_for_health, write_frames, write_settings
from tests.app.test_evidence_chain import CASE, FOR_CASE, alone, hold_a_read
from tests.cli.department.test_case_exports import passphrase_of
from tests.cli.department.test_inquiries import run, sign_in_as
from tests.department.engines import query
from tests.department.enrolment import enrol_unit
from tests.department.inquiries.inquirers import Inquirers
from tests.staff import Staff

UNITS = ("test-1", "test-2")
ARRIVED = "SELECT count(*) FROM held_reads JOIN reads USING (unit_id, read_id) WHERE unit_id = '{}'"


def drive(folder: Path, department: Path, unit_id: str, url: str) -> None:
    """Let a car read, hold a read for the case, and deliver all of it with its log."""
    folder.mkdir()
    enrol_unit(department, unit_id, folder / "tls")
    settings = write_settings(folder, write_frames(folder / "frames", range(9)), url, unit_id=unit_id)
    with daemon("run", "--settings", str(settings)) as running:
        running.wait_for("event=unit.started")
        staff = Staff(settings)
        hold_a_read(staff, unit_id)
        held = len(staff.records())
        with daemon("uplink", "--settings", str(settings)) as uplink:
            wait_for_health(folder, lambda told: (told["figures"].get("access_records_cosigned") or 0) >= held)
            limit_s = time.monotonic() + WAIT_S
            while not query(department, ARRIVED.format(unit_id))[0][0] and time.monotonic() < limit_s:
                time.sleep(0.2)
            assert uplink.end(signal.SIGTERM) == 0
        assert running.end(signal.SIGTERM) == 0


def test_a_case_of_two_cars_is_booked_out_at_the_department_and_holds_where_there_is_nothing(tmp_path: Path) -> None:
    people = Inquirers.make(tmp_path / "department", now=datetime.now(UTC))
    with daemon("department", "serve", "--directory", str(people.directory), "--port", "0") as server:
        match = re.search(r"https://[^,]+", server.wait_for("department at https://"))
        assert match
        url = f"https://127.0.0.1:{match.group().rpartition(':')[2]}"
        for unit_id in UNITS:
            drive(tmp_path / unit_id, people.directory, unit_id, url)
        sign_in_as(people, "records")
        done = run(people, "evidence", "export", CASE, "--to", str(tmp_path / "medium"), *FOR_CASE, "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert (told["units"], told["not_arrived"], told["is_vouched"]) == (list(UNITS), 0, True)
    assert told["reads"] >= len(UNITS)
    secret = passphrase_of(people, told["package_id"], tmp_path / "secret")
    authority = Authority.load(TlsFiles(people.directory)).fingerprint
    verify = ("evidence", "verify", told["path"], "--passphrase-file", str(secret), "--authority", authority)
    court = tmp_path / "court"
    vouched = alone(court, *verify)
    assert vouched.returncode == 0, vouched.stdout + vouched.stderr
    assert "the authority you named vouches that it is the key of alpr-edge/evidence" in vouched.stdout
    assert vouched.stdout.count("records of who looked at this evidence are proved") == 1 + len(UNITS)
    package = Path(told["path"])
    content = bytearray(package.read_bytes())
    content[content.index(b"/record.json") + 200] ^= 1
    package.write_bytes(content)
    changed = alone(court, *verify)
    assert (changed.returncode, "data/reads/00001-00200/00001/record.json: " in changed.stdout) == (1, True)
    assert changed.stdout.endswith("the package is NOT valid\n")
