"""Evidence on its whole way: a unit that its department vouches for, its package, and a computer that has nothing."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from alpr_edge.department.pki.authority import Authority, TlsFiles
from alpr_edge.domain.holds.hold import HoldKind
from alpr_edge.domain.permissions.purposes import Purpose
from alpr_edge.services.holds.unit_holds import HoldRequest, UnitHolds
from alpr_edge.store.unit_store import open_store
from tests.app.rig import UNIT, WAIT_S, daemon, edge, wait_for_health, write_frames, write_settings
from tests.department.enrolment import enrol_unit
from tests.staff import Staff

CASE = "26-000462"
PURPOSE = Purpose("criminal_investigation", "robbery", CASE)
TRIES = 5
FOR_CASE = ("--purpose", PURPOSE.code, "--offense", "robbery")


def hold_a_read(staff: Staff, unit_id: str = UNIT) -> None:
    """Hold the first read that the unit stored for the case."""
    with open_store(staff.unit, migrate=False) as store, staff.authoriser() as chief:
        limit_s = time.monotonic() + WAIT_S
        while not (found := store.reads.recent(1)) and time.monotonic() < limit_s:
            time.sleep(0.05)
        ids = tuple(row.read.read_id for row in found)
        holds = UnitHolds(store.database, unit_id, lambda: f"{unit_id}:hold-1")
        holds.place(chief, PURPOSE, HoldRequest(HoldKind.READ, ids, CASE, "evidence"))


def export(settings: Path, medium: Path) -> dict[str, Any]:
    """Export the case, on a slow computer once more, until the unit has signed the log for it in time."""
    words = ("--to", str(medium), *FOR_CASE, "--settings", str(settings), "--json")
    for _ in range(TRIES):
        done = edge("evidence", "export", CASE, *words)
        assert done.exit_code == 0, done.output
        told: dict[str, Any] = json.loads(done.stdout)
        if not told["unproved_records"]:
            break
    return told


def alone(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command as on a computer with neither keys, database, settings nor anything in its environment."""
    folder.mkdir(exist_ok=True)
    program = [sys.executable, "-m", "alpr_edge", *words]
    return subprocess.run(
        program, cwd=folder, env={"HOME": str(folder)}, capture_output=True, text=True, check=False, timeout=120
    )


def test_a_package_of_an_enrolled_unit_is_vouched_for_on_a_computer_that_has_nothing(tmp_path: Path) -> None:
    folder, medium = tmp_path / "department", tmp_path / "medium"
    medium.mkdir()
    assert edge("department", "init", str(folder), "--name", "127.0.0.1").exit_code == 0
    enrol_unit(folder, UNIT, tmp_path / "tls")
    with daemon("department", "serve", "--directory", str(folder), "--port", "0") as server:
        match = re.search(r"https://[^,]+", server.wait_for("department at https://"))
        assert match
        settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [0, 1]), match.group(), fps=5)
        with daemon("run", "--settings", str(settings)) as run:
            run.wait_for("event=unit.started")
            staff = Staff(settings)
            hold_a_read(staff)
            staff.sign_in_here()
            with daemon("uplink", "--settings", str(settings)) as uplink:
                uplink.wait_for("event=uplink.evidence_key_vouched")
                wait_for_health(tmp_path, lambda told: bool(told["figures"].get("access_records_cosigned")))
                told = export(settings, medium)
                assert uplink.end(signal.SIGTERM) == 0
            assert run.end(signal.SIGTERM) == 0
    assert (told["reads"], told["escrowed"], told["unproved_records"]) == (1, True, 0), "the log was signed for it"
    secret = tmp_path / "secret"
    secret.write_text(told["passphrase"], encoding="ascii")
    authority = Authority.load(TlsFiles(folder)).fingerprint
    verify = ("evidence", "verify", told["file"], "--passphrase-file", str(secret), "--authority")
    vouched = alone(tmp_path / "court", *verify, authority)
    assert vouched.returncode == 0, vouched.stdout + vouched.stderr
    assert f"the authority you named vouches that it is the key of {UNIT}" in vouched.stdout
    assert vouched.stdout.endswith("the package is valid\n")
    false = alone(tmp_path / "court", *verify, "0" * 64)
    assert false.returncode == 1
    assert "another authority than the one you named vouches for the key" in false.stdout
    assert false.stdout.endswith("the package is NOT valid\n")
    assert list((tmp_path / "court").iterdir()) == [], "it leaves nothing behind"
