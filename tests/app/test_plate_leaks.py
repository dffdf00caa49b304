"""A drive with every daemon and an officer at the page: no plate stands in anything written but what is declared.

The daemons log every event that they have, which goes to the journal by stderr, and tell systemd how they are by a
socket; one of them crashes where the kernel would keep a core file.
"""

import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from alpr_edge.web.visitor import COOKIE
from scripts.loopback_ports import free_port
from tests.app.rig import PLATES, UNIT, Daemon, daemon, edge, wait_for_health, write_frames, write_settings
from tests.console.page_rig import HOST, SAME_SITE, write_certificate
from tests.console.test_lookups import ENTRY, FOR_STOLEN
from tests.department.enrolment import enrol_unit
from tests.plate_search import plates_in
from tests.staff import Staff

PASSES = 9
TRUTH = PLATES[:PASSES]
DECLARED = ("department/department.db", "department/images", "frames", "lists", "models")
"""Where plates are meant to be: at the department, and in the recording, the feed and the model that the test makes."""
CORES = 'ulimit -c unlimited; cd "$1"; shift; exec "$@"'
"""A shell's words that let a program leave a core file in a folder."""
FEED = "Plate Number,Description,State/Province\n" + "".join(f"{plate},Stolen,CA\n" for plate in TRUTH)
SOURCE = """
[[hotlist.source]]
name = "bolo"
format = "generic-csv"
folder = "lists"
"""


@dataclass
class Leavings:
    """What the unit of the drive left."""

    folder: Path
    journal: bytes = b""
    """What the daemons wrote to stderr and told systemd."""
    seen: bytes = b""
    """What the officer saw."""
    answers: list[int] = field(default_factory=list)
    run_code: int = 0

    def undeclared_files(self) -> Iterator[tuple[str, bytes]]:
        """Every file that is not declared, by its name."""
        for path in sorted(self.folder.rglob("*")):
            name = path.relative_to(self.folder).as_posix()
            if path.is_file() and not name.startswith(DECLARED):
                yield name, path.read_bytes()


@contextmanager
def service_manager(folder: Path) -> Iterator[list[bytes]]:
    """What daemons tell systemd (sd_notify(3)) within the block."""
    told: list[bytes] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(folder / "notify"))

        def listen() -> None:
            while (message := listening.recv(65_536)) != b"END":
                told.append(message)

        thread = threading.Thread(target=listen)
        thread.start()
        os.environ["NOTIFY_SOCKET"] = str(folder / "notify")
        try:
            yield told
        finally:
            del os.environ["NOTIFY_SOCKET"]
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(b"END", str(folder / "notify"))
            thread.join(60)
            (folder / "notify").unlink()


def write_unit_of_drive(folder: Path, server: Daemon, port: int) -> Path:
    """The unit: frames with plates, a list of all of them, a page, and the department's certificates."""
    frames = write_frames(folder / "frames", range(PASSES))
    url = server.wait_for("department at https://").partition("department at ")[2].partition(",")[0]
    settings = write_settings(folder, frames, url)
    (folder / "lists").mkdir()
    (folder / "lists" / "bolo.csv").write_text(FEED)
    text = settings.read_text().replace("[console]\n", f'[console]\nport = {port}\nat_speed = "never"\n')
    settings.write_text(text + SOURCE)
    write_certificate(folder / "tls")
    return settings


def officer_at_page(staff: Staff, folder: Path, port: int, leavings: Leavings) -> None:
    """An officer looks at hits, answers one, says that one was misread, and searches for a plate."""
    token = staff.begin_session("chief", login="console", address=HOST)
    trust = ssl.create_default_context(cafile=str(folder / "tls" / "console.pem"))
    with httpx.Client(
        base_url=f"https://{HOST}:{port}", verify=trust, headers=SAME_SITE, cookies={COOKIE: token}, timeout=120
    ) as client:
        page = client.get("/")
        hit = page.text.partition('data-hit="')[2].partition('"')[0]
        search = {**FOR_STOLEN, "plate": TRUTH[0]}
        posts = (
            (f"/hits/{hit}/answers", {"part": "read", "answer": "correct"}),
            (f"/hits/{hit}/correction", {"plate": TRUTH[1]}),
            ("/search", search),
            ("/search", search | {"plate": TRUTH[0].lower(), "time": "between"}),
            ("/entries/new", {**ENTRY, "plate": TRUTH[2]}),
        )
        answers = [page, *(client.post(path, data=form) for path, form in posts)]
        answers += [client.get(each.headers["location"]) for each in answers if "location" in each.headers]
    leavings.seen = b"".join(each.content for each in answers)
    leavings.answers = [each.status_code for each in answers]


@pytest.fixture(scope="module")
def leavings(tmp_path_factory: pytest.TempPathFactory) -> Leavings:
    folder, port = tmp_path_factory.mktemp("drive"), free_port()
    assert edge("department", "init", str(folder / "department"), "--name", HOST).exit_code == 0
    enrol_unit(folder / "department", UNIT, folder / "tls")
    left = Leavings(folder)
    with ExitStack() as stack:
        told = stack.enter_context(service_manager(folder))

        def start(*words: str) -> Daemon:
            return stack.enter_context(daemon(*words, inside=("sh", "-c", CORES, "sh", str(folder))))

        server = start("department", "serve", "--directory", str(folder / "department"), "--port", "0")
        settings = write_unit_of_drive(folder, server, port)
        staff = Staff(settings)
        run = start("run", "--settings", str(settings))
        run.wait_for("event=alert.sounded", 2)
        run.wait_for("event=read.stored", PASSES)
        daemons = [start(name, "--settings", str(settings)) for name in ("console", "uplink")]
        daemons[0].wait_for("event=console.serving")
        officer_at_page(staff, folder, port, left)
        wait_for_health(folder, lambda health: health["figures"].get("delivered", 0) >= PASSES, "uplink")
        status = edge("unit", "status", "--settings", str(settings), "--json").stdout
        left.run_code = run.end(signal.SIGABRT)
        codes = [each.end(signal.SIGTERM) for each in (*daemons, server)]
    assert codes == [0, 0, 0]
    lines = [line for each in (run, *daemons, server) for line in each.lines]
    left.journal = "\n".join((*lines, status)).encode() + b"\n".join(told)
    return left


@pytest.mark.lengthy
def test_there_was_something_to_be_found(leavings: Leavings) -> None:
    assert plates_in(TRUTH, leavings.seen), leavings.answers
    assert max(leavings.answers) < 500
    assert plates_in(TRUTH, b"".join(path.read_bytes() for path in (leavings.folder / "department").glob("*.db*")))
    assert b"event=read.stored" in leavings.journal
    assert b"READY=1" in leavings.journal
    names = {name for name, _ in leavings.undeclared_files()}
    assert {"data/edge.db", "runtime/run.json", "runtime/uplink.json", "runtime/console.json"} <= names


@pytest.mark.parametrize(
    "text", ["1ABC111", "1abc111", "1ABC 111", "1abc-111", "1 A B C 1 1 1", "1\0A\0B\0C\0" + "1\0" * 3]
)
def test_a_plate_is_found_however_it_is_written(text: str) -> None:
    assert plates_in(TRUTH, f"...{text}...".encode()) == {"1ABC111"}


@pytest.mark.lengthy
def test_no_plate_is_in_the_journal(leavings: Leavings) -> None:
    found = {line for line in leavings.journal.splitlines() if plates_in(TRUTH, line)}
    assert found == set()


@pytest.mark.lengthy
def test_no_plate_is_in_a_file_that_is_not_declared(leavings: Leavings) -> None:
    found = {name: plates for name, content in leavings.undeclared_files() if (plates := plates_in(TRUTH, content))}
    assert found == {}


@pytest.mark.lengthy
def test_a_daemon_that_crashes_leaves_no_core_file_where_another_program_does(
    leavings: Leavings, tmp_path: Path
) -> None:
    assert leavings.run_code == -signal.SIGABRT
    assert not [name for name, _ in leavings.undeclared_files() if "core" in name]
    other = (sys.executable, "-c", "import os; os.abort()")
    done = subprocess.run(["sh", "-c", CORES, "sh", str(tmp_path), *other], check=False, capture_output=True)
    pattern = Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if done.returncode == -signal.SIGABRT and pattern == "core":  # else cores go elsewhere, or nowhere
        assert [path for path in tmp_path.iterdir() if path.name.startswith("core")]
