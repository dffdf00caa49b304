"""What the department's log says: who did what from where and when, and no plate."""

import json
import re
import signal
import ssl
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles, initialise
from alpr_edge.domain.protocol.enrolment_codes import parse_code
from alpr_edge.uplink.delivery_client import HttpsDepartment
from tests.department.enrolment import enrol_unit
from tests.department.pki.test_units import new_key, request_of
from tests.department.waits import wait_until
from tests.uplink.conftest import settings_for
from tests.uplink.items import hit_item, read_item

LINE = re.compile(r"time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ level=(\w+) event=(department\.\w+)(.*)")
SERVE = ("department", "serve", "--port", "0", "--enroll-port", "0")


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return initialise(tmp_path / "department", ["127.0.0.1"])


def enrol(files: TlsFiles, port: int, unit_id: str, code: str) -> int:
    context = ssl.create_default_context(cafile=files.authority)
    body = {"unit_id": unit_id, "code": code, "request": request_of(new_key())}
    with httpx.Client(verify=context, trust_env=False, timeout=60) as client:
        headers = {"Alpr-Edge-Protocol": "1"}
        return client.post(f"https://127.0.0.1:{port}/v1/enrol", json=body, headers=headers).status_code


def test_a_service_logs_times_addresses_and_units_by_default(files: TlsFiles, tmp_path: Path) -> None:
    directory, log = files.directory, tmp_path / "log"
    unit = enrol_unit(directory, "unit-1", tmp_path / "tls")
    storage = Storage(directory)
    code = parse_code(storage.units.invite("unit-2", timedelta(hours=1)).code)
    storage.close()
    with log.open("wb") as stderr:
        server = subprocess.Popen([sys.executable, "-m", "alpr_edge", *SERVE, "--directory", directory], stderr=stderr)
    try:
        wait_until(lambda: "event=department.listening" in log.read_text(encoding="utf-8"))
        ports = json.loads((directory / "serving.json").read_bytes())
        uplink = HttpsDepartment(settings_for(f"https://127.0.0.1:{ports['port']}", unit), "unit-1")
        uplink.deliver([hit_item(), read_item()])
        uplink.close()
        assert enrol(files, ports["enrol_port"], "unit-2", "0" * 20) == 403
        assert enrol(files, ports["enrol_port"], "unit-2", code) == 200
        wait_until(lambda: "event=department.certificate_issued" in log.read_text(encoding="utf-8"))
        wait_until(lambda: "event=department.batch_stored" in log.read_text(encoding="utf-8"))
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    finally:
        server.kill()
        server.wait()
    text = log.read_text(encoding="utf-8")
    matches = [match for line in text.splitlines() if (match := LINE.fullmatch(line))]
    lines = [(match[1], match[2], set(match[3].split())) for match in matches]
    assert ("info", "department.batch_stored", {"unit=unit-1", "client=127.0.0.1", "stored=2", "refused=0"}) in lines
    assert ("warning", "department.certificate_refused", {"unit=unit-2", "client=127.0.0.1", "reason=code"}) in lines
    assert ("info", "department.certificate_issued", {"unit=unit-2", "client=127.0.0.1"}) in lines
    for secret in ("7ABC123", code, code[:5], "0" * 20):
        assert secret not in text
