"""Name servers that do not answer hold nothing up for longer than a look-up may take."""

import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from alpr_edge.runtime.network.name_lookup import addresses_of, connect

pytestmark = pytest.mark.review2(5)

RESOLVER = "nameserver 127.0.0.1\noptions timeout:30 attempts:5\n"
"""A look-up of the C library takes 150 s of it."""
SILENT_NAME_SERVER = """
import socket
name_server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
name_server.bind(("127.0.0.1", 53))
"""
HTTPS = """
import httpx, ssl
from alpr_edge.runtime.network.bounded_transport import BoundedTransport, Deadline
beats = []
deadline = Deadline(lambda: beats.append(1))
deadline.begin(4)
try:
    with httpx.Client(transport=BoundedTransport(ssl.create_default_context(), deadline), timeout=60) as client:
        client.get("https://department.test/")
except httpx.ConnectTimeout as error:
    print(error, len(beats) > 2)
"""
MAIL = """
from email.message import EmailMessage
from alpr_edge.department.alarm_settings import AlarmsTable
from alpr_edge.department.mail_server import send_mail
from alpr_edge.domain.errors import DepartmentError
for security in ("none", "starttls", "tls"):
    table = AlarmsTable.model_construct(
        smtp_host="mail.test", smtp_port=25, smtp_security=security, smtp_user="", ca_file="", mail_from="a@mail.test"
    )
    try:
        send_mail(table, EmailMessage(), ["b@mail.test"])
    except DepartmentError as error:
        print(error)
"""


@pytest.fixture
def run_without_names(
    tmp_path: Path, require_tool: Callable[[str], str], require_system_module: Callable[[str], str]
) -> Callable[[str], str]:
    """Runs a program where the name server takes questions and answers none; returns what it printed."""
    require_system_module("import os; assert os.geteuid() == 0, 'a network of its own needs root'")
    files = {"resolv.conf": RESOLVER, "nsswitch.conf": "hosts: files dns\n"}
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    mounts = "; ".join(f"mount --bind {tmp_path}/{name} /etc/{name}" for name in files)
    inside = [require_tool("unshare"), "--net", "--mount", "sh", "-ec", f'ip link set lo up; {mounts}; exec "$@"', "sh"]

    def run(program: str) -> str:
        command = [*inside, sys.executable, "-c", SILENT_NAME_SERVER + program]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=90).stdout

    return run


def test_a_request_ends_with_its_deadline_and_shows_life_until_then(run_without_names: Callable[[str], str]) -> None:
    assert run_without_names(HTTPS) == "the time for the exchange is over True\n"


def test_mail_is_given_up_in_time(run_without_names: Callable[[str], str]) -> None:
    assert run_without_names(MAIL) == "mail: mail.test did not take it: the name servers do not answer\n" * 3


def test_so_many_look_ups_hang_at_most(run_without_names: Callable[[str], str]) -> None:
    program = """
import threading
from alpr_edge.runtime.network.name_lookup import NoAnswerError, addresses_of
for _ in range(20):
    try:
        addresses_of("department.test", 443, 0.01)
    except NoAnswerError:
        pass
print(sum(thread.name == "name-lookup" for thread in threading.enumerate()))
"""
    assert run_without_names(program) == "8\n"


def test_a_name_that_is_known_is_found_and_an_address_stays_as_it_is() -> None:
    assert "127.0.0.1" in addresses_of("localhost", 443)
    assert addresses_of("fe80::1%lo", 443) == ["fe80::1%lo"]
    with pytest.raises(socket.gaierror):
        addresses_of("no-such-host.invalid", 443)


def test_a_connection_is_opened_to_the_address_that_takes_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = connect("localhost", server.getsockname()[1], 10)
        assert connection.getpeername() == server.getsockname()
        connection.close()
