"""The daemon of the page as a process: it serves, says how it is, and ends; what is missing is one line."""

import resource
import signal
import socket
import ssl
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.store.unit_store import open_store
from alpr_edge.web.visitor import COMPONENT, COOKIE
from scripts.loopback_ports import free_port
from tests.app.rig import daemon, wait_for_health
from tests.app.stages.test_store_counts import until
from tests.console.page_rig import HOST, SAME_SITE, write_certificate
from tests.staff import Staff
from tests.units import write_bare_unit

PAGE = """
[console]
port = {port}
certificate_file = "{certificate}"
"""


@pytest.fixture
def staff(tmp_path: Path) -> Staff:
    """The people of a unit that was started once."""
    path = write_bare_unit(tmp_path)
    with path.open("a", encoding="utf-8") as file:
        file.write(PAGE.format(port=free_port(), certificate=write_certificate(tmp_path)))
    staff = Staff(path)
    with open_store(staff.unit, migrate=True):
        pass
    return staff


@pytest.fixture
def settings(staff: Staff) -> Path:
    """The settings of that unit."""
    return staff.unit.unit.data_directory.parent / "alpr-edge.toml"


def port_of(settings: Path) -> int:
    return int(settings.read_text(encoding="utf-8").partition("port = ")[2].split()[0])


def test_it_serves_says_so_and_ends(settings: Path) -> None:
    folder = settings.parent
    trust = ssl.create_default_context(cafile=str(folder / "console.pem"))
    with daemon("console", "--settings", str(settings)) as console:
        console.wait_for("event=console.serving")
        answer = httpx.get(f"https://{HOST}:{port_of(settings)}/sign-in", verify=trust, trust_env=False, timeout=60)
        assert "Sign in" in answer.text
        told = wait_for_health(folder, lambda told: told["ready"], "console")
        assert told["figures"]["resident_bytes"] > 0
        assert told["troubles"] == []
        assert datetime.fromisoformat(told["figures"]["certificate_until"]) > datetime.now(UTC)
        assert console.end(signal.SIGTERM) == 0
    assert not wait_for_health(folder, lambda told: not told["ready"], "console")["ready"]
    assert any("event=console.stopped" in line for line in console.lines)


def test_a_sign_out_that_a_full_disk_did_not_take_is_on_record_once_there_is_space(
    settings: Path, staff: Staff
) -> None:
    trust = ssl.create_default_context(cafile=str(settings.parent / "console.pem"))
    cookies = {COOKIE: staff.begin_session("officer", login=COMPONENT, address=HOST)}
    base = f"https://{HOST}:{port_of(settings)}"
    with (
        daemon("console", "--settings", str(settings)) as console,
        httpx.Client(base_url=base, verify=trust, headers=SAME_SITE, cookies=cookies, trust_env=False) as client,
    ):
        console.wait_for("event=console.serving")
        assert client.get("/").status_code == 200
        soft, hard = resource.prlimit(console.pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
        assert client.post("/sign-out").status_code == 503
        console.wait_for("event=access.end_not_written")
        assert client.get("/").headers["location"] == "/sign-in"
        resource.prlimit(console.pid, resource.RLIMIT_FSIZE, (soft, hard))
        until(lambda: [record.action for record in staff.records()] == ["sign_out"])
        assert console.end(signal.SIGTERM) == 0


@pytest.mark.parametrize("name", ["access.db", "accounts.db"])
def test_it_ends_and_is_started_again_when_a_database_was_set_aside(settings: Path, name: str) -> None:
    with daemon("console", "--settings", str(settings)) as console:
        console.wait_for("event=console.serving")
        (path,) = settings.parent.rglob(name)
        path.rename(path.with_suffix(".damaged"))
        assert console.wait_for_end() == 1
    assert any(f"{name}: was set aside as damaged" in line for line in console.lines), "\n".join(console.lines)


def test_it_serves_by_itself_once_there_are_a_certificate_and_the_address(settings: Path) -> None:
    """A unit that is not enrolled yet, whose workstation is off."""
    folder, certificate = settings.parent, settings.parent / "console.pem"
    later = certificate.rename(folder / "later.pem")
    text = settings.read_text(encoding="utf-8").replace("port = ", 'address = "192.0.2.1"\nport = ')
    settings.write_text(text, encoding="utf-8")
    with daemon("console", "--settings", str(settings)) as console:
        waiting = wait_for_health(folder, lambda told: bool(told["warnings"]), "console")
        assert (waiting["ready"], waiting["troubles"]) == (False, [])
        assert "waits for its certificate" in waiting["warnings"][0]
        later.rename(certificate)
        console.wait_for("event=console.serving")
        serving = wait_for_health(folder, lambda told: told["ready"], "console")
        assert serving["warnings"] == ["the page: no interface has console.address 192.0.2.1"]
        assert console.end(signal.SIGTERM) == 0
    assert not any("event=console.certificate_loaded" in line for line in console.lines), "loaded once"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("console.pem", "alpr-edge.toml"), "console.certificate_file: "),
        (("port = ", 'address = "::zz"\nport = '), "console.address: ::zz port "),
        (("port = ", "port = 9"), "console.port"),
    ],
)
def test_what_is_missing_is_one_line(settings: Path, change: tuple[str, str], says: str) -> None:
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace(*change), encoding="utf-8")
    done = CliRunner().invoke(app, ["console", "--settings", str(settings)])
    assert done.exit_code == 2
    (line,) = done.stderr.splitlines()
    assert says in line


def test_a_second_page_says_that_another_program_listens(settings: Path) -> None:
    with socket.create_server(("127.0.0.1", port_of(settings))):
        done = CliRunner().invoke(app, ["console", "--settings", str(settings)])
    assert (done.exit_code, len(done.stderr.splitlines())) == (2, 1)
    assert "another program listens there; end it" in done.stderr


def test_a_unit_that_was_never_started_says_so(tmp_path: Path) -> None:
    path = write_bare_unit(tmp_path)
    with path.open("a", encoding="utf-8") as file:
        file.write(PAGE.format(port=free_port(), certificate=write_certificate(tmp_path)))
    done = CliRunner().invoke(app, ["console", "--settings", str(path)])
    assert (done.exit_code, len(done.stderr.splitlines())) == (1, 1), done.stderr
