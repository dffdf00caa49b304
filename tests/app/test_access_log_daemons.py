"""The access log on its whole way: signed by ``run``, sent by ``uplink``, cosigned by the department, and back."""

import json
import re
import signal
from pathlib import Path

from alpr_edge.settings import load
from alpr_edge.store.access_log.checkpoints import latest_checkpoint
from alpr_edge.store.access_log.log import open_access_log
from tests.app.rig import UNIT, daemon, edge, wait_for_health, write_frames, write_settings
from tests.department.enrolment import enrol_unit
from tests.staff import FOR_AUDIT, Staff


def output(*arguments: str) -> str:
    done = edge(*arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_the_log_is_cosigned_over_the_link_and_verifies_at_both_ends(tmp_path: Path) -> None:
    folder = tmp_path / "department"
    output("department", "init", str(folder), "--name", "127.0.0.1")
    enrol_unit(folder, UNIT, tmp_path / "tls")
    with daemon("department", "serve", "--directory", str(folder), "--port", "0") as server:
        match = re.search(r"https://[^,]+", server.wait_for("department at https://"))
        assert match
        settings = write_settings(tmp_path, write_frames(tmp_path / "frames", [0]), match.group(), fps=5)
        with daemon("run", "--settings", str(settings)) as run:
            run.wait_for("event=unit.started")
            with daemon("uplink", "--settings", str(settings)) as uplink:
                health = wait_for_health(tmp_path, lambda told: bool(told["figures"].get("access_records_cosigned")))
                assert uplink.end(signal.SIGTERM) == 0
            assert health["figures"]["access_records_cosigned"] <= health["figures"]["access_records"]
            assert not [line for line in health["troubles"] if "access log" in line]
            assert run.end(signal.SIGTERM) == 0
    told = json.loads(output("department", "status", "--directory", str(folder), "--json"))
    (state,) = told["access_logs"]
    assert (state["unit_id"], state["findings"], state["cosigned"] > 0) == (UNIT, [], True)
    with open_access_log(load(settings), migrate=False) as log:
        latest = latest_checkpoint(log)
    assert latest is not None
    verified = json.loads(output("audit", "verify", "--settings", str(settings), "--json"))
    assert latest.size == verified["result"]["records"]
    proof = tmp_path / "start.tlog-proof"
    Staff(settings).sign_in_here()
    proof.write_text(output("audit", "prove", "0", *FOR_AUDIT, "--settings", str(settings)), encoding="utf-8")
    words = ("audit", "check", str(proof), "--key", state["key"], "--witness", told["witness_key"], "--json")
    checked = json.loads(output(*words))
    assert (checked["ok"], checked["record"]["action"], checked["cosigned"] is None) == (True, "start_service", False)
