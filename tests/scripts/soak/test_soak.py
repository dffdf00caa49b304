"""The soak's own parts beside the unit: the link, the log, its options; and, slow, ten minutes of all of it."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from alpr_edge.domain.errors import SettingsError
from scripts.soak.campaign import SoakLog
from scripts.soak.link import HOST, LinkRelay, RelayState, link_to
from scripts.soak.request import whole_number
from scripts.soak.services import running_services
from tests.department.waits import wait_until

ROOT = Path(__file__).parents[3]
FIGURES = {
    *("minutes", "faults", "told", "healed", "reads", "lost", "doubled"),
    *("memory_slope_mb_per_h", "descriptors_grown"),
}


@pytest.fixture
def echo_port() -> Iterator[int]:
    """A server on loopback that sends back what it gets."""

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while content := connection.recv(100):
                connection.sendall(content)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()

    with socket.create_server((HOST, 0)) as listening:
        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def answers(relay: LinkRelay, wait_s: float = 0.5) -> bool:
    with suppress(OSError), socket.create_connection((HOST, relay.port), 5.0) as connection:
        connection.settimeout(wait_s)
        connection.sendall(b"knock")
        return connection.recv(100) == b"knock"
    return False


@pytest.mark.parametrize("state", [RelayState.CUT, RelayState.SILENT])
def test_a_link_passes_bytes_until_it_is_cut_or_silent_and_again_after(echo_port: int, state: RelayState) -> None:
    with link_to(echo_port) as relay:
        wait_until(lambda: answers(relay))
        relay.state = state
        assert not answers(relay)
        relay.state = RelayState.UP
        wait_until(lambda: answers(relay))


def test_a_cut_ends_a_connection_under_way(echo_port: int) -> None:
    with link_to(echo_port) as relay, socket.create_connection((HOST, relay.port), 5.0) as connection:
        connection.sendall(b"knock")
        assert connection.recv(100) == b"knock"
        relay.state = RelayState.CUT
        connection.settimeout(30.0)
        with suppress(ConnectionResetError):
            assert connection.recv(100) == b""


def test_the_log_of_the_daemon_that_reads_says_what_was_stored() -> None:
    log = SoakLog()
    log.hear("run", "level=info event=read.stored read=abc hits=1")
    log.hear("run", "alpr-edge: models/reader.onnx: its SHA-256 is not the manifest's")
    log.hear("uplink", "level=info event=read.stored read=other hits=0")
    assert (log.stored, log.texts()) == (["abc"], frozenset({".onnx"}))
    log.forget()
    assert not log.texts()


def test_a_daemon_that_ends_is_started_again_and_that_it_ended_is_told(tmp_path: Path) -> None:
    heard = list[tuple[str, str]]()
    with running_services(tmp_path / "missing.toml", {}, lambda *line: heard.append(line)) as services:
        services.start("run")
        wait_until(lambda: len(services.lives) == 2)
    assert services.unexpected_ends[:1] == [f"{name}: {line}" for name, line in heard[:1]]
    assert "missing.toml" in heard[0][1]


@pytest.mark.parametrize("text", ["3", "1441", "ten", "-4", "4.5", ""])
def test_a_number_out_of_range_or_none_is_refused_and_named(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        whole_number("--minutes", text, 4, 1440)
    assert str(refused.value) == f"--minutes: expected a whole number from 4 to 1440, not {text!r}"


def test_a_wrong_option_ends_in_one_line() -> None:
    command = [sys.executable, "-m", "scripts.soak", "--soak", "--minutes", "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "alpr-edge: --minutes: expected a whole number from 4 to 1440, not '3'\n"


@pytest.mark.slow
def test_ten_minutes_of_faults_are_told_and_healed_and_no_read_is_lost(
    tmp_path: Path, require_tool: Callable[[str], str], require_system_module: Callable[[str], str]
) -> None:
    require_system_module("import os; assert os.access('/dev/loop-control', os.W_OK), 'mounting needs root'")
    for tool in ("mkfs.ext4", "fsfreeze", "pulseaudio", "pactl", "aplay", "amixer"):
        require_tool(tool)
    command = [str(ROOT / "scripts" / "torture"), "--soak", "--minutes", "10", "--seed", "462"]
    done = subprocess.run([*command, "--plots", str(tmp_path)], capture_output=True, text=True, check=False)
    figures = json.loads(done.stdout.splitlines()[-1])
    assert figures.keys() == FIGURES
    assert done.returncode == 0, done.stdout + done.stderr
    assert figures["faults"] == figures["told"] == figures["healed"] == 16
    assert (figures["lost"], figures["doubled"]) == (0, 0)
    assert figures["reads"] > 100
    assert {path.name for path in tmp_path.iterdir()} == {"memory.svg", "queue.svg", "frames.svg"}
