"""Strangers who hold connections open, and units that do: real sockets from many addresses of this machine."""

import contextlib
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from alpr_edge.department.http.listener_process import ENROLMENT, READY, ListenerProcess
from alpr_edge.department.http.server import listening_at
from alpr_edge.department.http.stranger_server import LIMITS
from alpr_edge.department.http.uvicorn_server import UNIT_CONNECTIONS_MAX
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import initialise
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.enrolment_codes import parse_code
from alpr_edge.web.connections.gate import ConnectionGate, ConnectionLimits
from tests.department.enrolment import enrol_unit
from tests.department.pki.test_units import new_key, request_of
from tests.uplink.items import read_item

FILES = 256
"""Stands for the 1,024 of a service."""
SERVER = f"""
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_NOFILE, ({FILES}, {FILES}))
from alpr_edge.department.http.server import DepartmentServer
server = DepartmentServer(Path(sys.argv[1]), port=0, enrol_port=0)
print(server.port, server.enrol_port, flush=True)
server.run()
"""
HEADERS = {"Alpr-Edge-Unit": "unit-1", "Alpr-Edge-Protocol": "1"}
BATCH = {"read-1": ("read", read_item().body, "application/json", {"Alpr-Edge-Sha256": read_item().sha256})}
WAIT_S = 30.0

pytestmark = pytest.mark.review(17)


class Department:
    """A department whose server runs as a program.

    Args:
        folder: made by this.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = initialise(folder / "department", ["127.0.0.1"]).directory
        self.files = enrol_unit(self.folder, "unit-1", folder / "tls")
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(self.folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self.port, self.enrol_port = map(int, self.process.stdout.readline().split())

    def client(self, port: int, address: str, *, as_unit: bool = False) -> httpx.Client:
        """Somebody at one of this machine's addresses."""
        context = ssl.create_default_context(cafile=self.files / "department-ca.pem")
        if as_unit:
            context.load_cert_chain(self.files / "unit.pem", self.files / "unit.key")
        transport = httpx.HTTPTransport(verify=context, local_address=address, trust_env=False)
        return httpx.Client(transport=transport, base_url=f"https://127.0.0.1:{port}", headers=HEADERS, timeout=WAIT_S)

    def delivers(self, address: str = "127.0.0.1") -> int:
        """The status that a unit gets for a batch over a new connection."""
        with self.client(self.port, address, as_unit=True) as unit:
            return unit.post("/v1/items", files=BATCH).status_code

    def enrols(self, unit_id: str, address: str) -> int:
        """The status that a unit gets for its code over a new connection."""
        payload = {"unit_id": unit_id, "code": self.code(unit_id), "request": request_of(new_key())}
        with self.client(self.enrol_port, address) as unit:
            return unit.post("/v1/enrol", json=payload).status_code

    def code(self, unit_id: str) -> str:
        """A new one for a unit."""
        storage = Storage(self.folder, create=False)
        try:
            return parse_code(storage.units.invite(unit_id, timedelta(hours=1)).code)
        finally:
            storage.close()

    def enrolment(self) -> int:
        """The process that enrolls."""
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        (pid,) = [pid for path in children for pid in path.read_text(encoding="ascii").split()]
        return int(pid)


@pytest.fixture(scope="module")
def department(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Department]:
    server = Department(tmp_path_factory.mktemp("flood"))
    try:
        yield server
    finally:
        server.process.send_signal(signal.SIGTERM)
        server.process.wait(WAIT_S)
        server.process.communicate()


@contextmanager
def silent(port: int, addresses: int, each: int) -> Iterator[None]:
    """Connections that never speak."""
    with ExitStack() as stack:
        for number in range(addresses):
            for _ in range(each):
                client = stack.enter_context(socket.socket())
                client.settimeout(WAIT_S)
                client.bind((f"127.0.{1 + number // 250}.{1 + number % 250}", 0))
                with contextlib.suppress(OSError):
                    client.connect(("127.0.0.1", port))
        yield


def until(holds: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline_s
        time.sleep(0.05)


@pytest.mark.parametrize(("addresses", "each"), [(1, FILES + 40), (FILES + 40, 1)])
def test_a_flood_of_the_enrolment_port_leaves_storage_and_enrolment_to_others(
    department: Department, addresses: int, each: int
) -> None:
    with silent(department.enrol_port, addresses, each):
        assert department.delivers() == 200
        assert department.enrols(f"unit-{addresses}-{each}", "127.0.0.9") == 200
        descriptor_count = len(list(Path(f"/proc/{department.process.pid}/fd").iterdir()))
        assert descriptor_count < FILES // 2
    assert department.delivers() == 200


@pytest.mark.parametrize(("addresses", "each"), [(1, FILES + 40), (FILES + 40, 1)])
def test_a_flood_of_the_storage_port_leaves_it_to_units(department: Department, addresses: int, each: int) -> None:
    with silent(department.port, addresses, each):
        assert department.delivers() == 200


def test_wrong_codes_hold_up_the_address_that_tries_them_and_nobody_else(department: Department) -> None:
    code = department.code("unit-7")
    payload = {"unit_id": "unit-7", "code": "0" * 20, "request": request_of(new_key())}
    with department.client(department.enrol_port, "127.0.0.3") as stranger:
        statuses = [stranger.post("/v1/enrol", json=payload).status_code for _ in range(30)]
    assert statuses == [403] * 10 + [429] * 20
    with department.client(department.enrol_port, "127.0.0.4") as unit:
        assert unit.post("/v1/enrol", json=payload | {"code": code}).status_code == 200


def test_a_unit_that_holds_too_many_connections_loses_its_oldest(department: Department) -> None:
    with ExitStack() as stack:
        clients = [
            stack.enter_context(department.client(department.port, "127.0.0.1", as_unit=True))
            for _ in range(UNIT_CONNECTIONS_MAX + 1)
        ]
        streams = [client.get("/v1/lists/none").extensions["network_stream"] for client in clients]
        oldest, next_one = (stream.get_extra_info("socket") for stream in streams[:2])
        oldest.settimeout(WAIT_S)
        with contextlib.suppress(OSError):
            assert oldest.recv(1) == b""
        next_one.settimeout(0.0)
        with pytest.raises(ssl.SSLWantReadError):
            next_one.recv(1)


def test_enrolment_that_was_killed_is_started_again_while_storage_goes_on(department: Department) -> None:
    before = department.enrolment()
    assert before != department.process.pid
    os.kill(before, signal.SIGKILL)
    assert department.delivers() == 200
    assert department.enrols("unit-8", "127.0.0.5") == 200  # waits in the socket's queue meanwhile
    assert department.enrolment() != before


def test_enrolment_ends_with_a_server_that_was_killed(tmp_path: Path) -> None:
    department = Department(tmp_path)
    enrolment = Path(f"/proc/{department.enrolment()}")
    department.process.kill()
    department.process.communicate()
    until(lambda: not enrolment.exists() or "zombie" in (enrolment / "status").read_text(encoding="utf-8"))


def test_enrolment_that_cannot_start_is_one_line(tmp_path: Path) -> None:
    listening = listening_at("127.0.0.1", 0)
    with pytest.raises(DepartmentError, match="enrollment does not start"):
        ListenerProcess(ENROLMENT, tmp_path / "nowhere", listening)
    assert listening.fileno() == -1


def test_limits_stay_within_the_files_that_may_be_open() -> None:
    wide = ConnectionLimits(
        connections=10**9, handshakes=10**9, address_connections=8, address_handshakes=4, handshake_s=1.0
    )
    narrow = wide.within_descriptors()
    assert narrow.connections == narrow.handshakes < 10**9
    assert (narrow.address_connections, narrow.address_handshakes, narrow.handshake_s) == (8, 4, 1.0)
    assert len(ConnectionGate(LIMITS)) == 0


def test_a_listener_that_a_signal_ends_first_ends_in_order(tmp_path: Path) -> None:
    """As Ctrl-C does, which signals all of a terminal at once; the thread that waits for the parent waits still."""
    directory = initialise(tmp_path / "department", ["127.0.0.1"]).directory
    Storage(directory).close()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        command = [sys.executable, "-m", "alpr_edge.department.http.enrolment_server", str(directory)]
        with subprocess.Popen(
            [*command, str(listening.fileno())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[listening.fileno()],
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert process.stdout.readline() == READY
            process.send_signal(signal.SIGINT)
            assert b"Fatal" not in process.stderr.read()
            assert process.wait(WAIT_S) != -signal.SIGABRT
