"""A unit of one's own in a folder: set up by one command, run, and looked at in a browser."""

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import expect
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.settings import load
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.unit_store import open_store
from scripts.loopback_ports import free_port
from tests.app.rig import daemon, write_frames
from tests.chromium import WAIT_MS_MAX, chromium
from tests.store.records import decided, plate_read

PASSWORD = "quiet river under oaks"
PLATE = "89C20339"
"""Passes in the recording of the shared data."""
WHO = (
    *("--badge", "7", "--name", "Ana Ruiz", "--agency", "Modesto PD"),
    *("--cjis-until", "2090-01-01", "--alpr-until", "2090-01-01"),
)
WAIT_S = 60.0


@pytest.fixture
def source(tmp_path: Path) -> tuple[str, ...]:
    """A recording and a list."""
    frames, hotlist = write_frames(tmp_path / "frames", [0]), tmp_path / "list.csv"
    hotlist.write_text(f"Plate Number,Description,State/Province\n{PLATE},Stolen Vehicle,CA\n", encoding="utf-8")
    return "--camera", str(frames), "--hotlist", str(hotlist)


def init(folder: Path, *words: str, stdin: str = "") -> Result:
    return CliRunner().invoke(app, ["unit", "init", str(folder), *words], input=stdin)


def command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "alpr_edge", "unit", "init", str(folder), *words]


def set_up(folder: Path, *words: str) -> tuple[str, dict[str, object]]:
    """Answer the questions as a program does; returns the secret of the authenticator and the result."""
    with subprocess.Popen(
        command(folder, *words, *WHO, "--json"),
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(f"{PASSWORD}\n{PASSWORD}\n")
        process.stdin.flush()
        shown = next(line for line in process.stderr if "key: " in line)
        secret = shown.partition("key: ")[2].replace(" ", "").strip()
        process.stdin.write(f"{pyotp.TOTP(secret).now()}\n")
        process.stdin.close()
        result = json.loads(process.stdout.read())
        assert process.wait(WAIT_S) == 0
    return secret, result


def actions(folder: Path) -> list[str]:
    with open_access_log(load(folder / "alpr-edge.toml"), migrate=False) as log:
        return [json.loads(body)["action"] for _, body in log.read_bodies(0, 100)]


def test_it_sets_up_all_but_the_administrator_and_goes_on_later(tmp_path: Path, source: tuple[str, ...]) -> None:
    folder = tmp_path / "unit"
    first = init(folder, *source, "--administrator-later", "--json")
    assert (first.exit_code, json.loads(first.stdout)["entries"]) == (0, 1), first.output
    files = {file: (folder / file).read_bytes() for file in ("alpr-edge.toml", "console.pem", "keys/access.key")}
    assert {(folder / file).stat().st_mode & 0o777 for file in files} == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700
    (folder / "console.pem").unlink()  # as if it had been interrupted there
    _, result = set_up(folder)
    assert result["administrator"] == "7"
    assert (folder / "console.pem").exists()
    assert (folder / "alpr-edge.toml").read_bytes() == files["alpr-edge.toml"]
    assert (folder / "keys/access.key").read_bytes() == files["keys/access.key"]
    assert actions(folder) == ["import_list", "import_list", "begin_roster"]
    again = init(folder, *WHO, stdin=f"{PASSWORD}\n{PASSWORD}\n")
    assert (again.exit_code, again.stdout) == (2, "")
    assert "is set up" in again.stderr
    check = CliRunner().invoke(app, ["settings", "check", str(folder / "alpr-edge.toml")])
    assert check.exit_code == 0, check.output


def test_a_weak_password_ends_it_and_nobody_was_added(tmp_path: Path, source: tuple[str, ...]) -> None:
    folder = tmp_path / "unit"
    weak = init(folder, *source, *WHO, stdin="password\npassword\n")
    assert (weak.exit_code, weak.stdout) == (1, "")
    assert "list of common ones" in weak.stderr
    assert set_up(folder)[1]["administrator"] == "7"


def test_whose_training_has_ended_is_not_added(tmp_path: Path, source: tuple[str, ...]) -> None:
    ended = init(tmp_path / "unit", *source, *WHO, "--alpr-until", "2020-01-01", stdin=f"{PASSWORD}\n{PASSWORD}\n")
    assert (ended.exit_code, "a training has ended" in ended.stderr) == (2, True)
    assert set_up(tmp_path / "unit")[1]["administrator"] == "7"


def test_no_unit_that_is_in_use_gets_a_first_administrator(tmp_path: Path, source: tuple[str, ...]) -> None:
    """The owner of the folder may choose who signs in only while the unit holds no plate."""
    folder = tmp_path / "unit"
    assert init(folder, *source, "--administrator-later").exit_code == 0
    with open_store(load(folder / "alpr-edge.toml"), migrate=True) as store:
        store.reads.commit([decided(plate_read("read-1", PLATE))])
    late = init(folder, *WHO, stdin=f"{PASSWORD}\n{PASSWORD}\n")
    assert (late.exit_code, late.stdout) == (3, "")
    assert "this unit is in use" in late.stderr


def test_bad_input_is_a_line_and_writes_nothing(tmp_path: Path, source: tuple[str, ...]) -> None:
    folder, (_, camera, _, hotlist) = tmp_path / "unit", source
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").touch()
    for words, code, says in (
        (("--camera", "none.mp4", "--hotlist", hotlist, *WHO), 1, "no such file, folder or device"),
        (("--camera", hotlist, "--hotlist", hotlist, *WHO), 1, "no video that can be decoded"),
        (("--camera", camera, "--hotlist", "none.csv", *WHO), 1, "none.csv: no such file"),
        (("--camera", camera, "--hotlist", camera, *WHO), 1, "no such file"),
        (("--camera", camera, *WHO), 2, "no terminal to ask at; give --hotlist"),
        (("--administrator-later",), 2, "give --camera, --hotlist"),
        (("--camera", camera, "--hotlist", hotlist, *WHO[2:]), 2, "give --badge"),
        (("--unit", "a b", "--camera", camera, "--hotlist", hotlist, *WHO), 2, "unit.id"),
    ):
        done = init(folder, *words)
        assert (done.exit_code, done.stdout) == (code, ""), done.output
        assert says in re.sub(r"[\s│]+", " ", done.stderr)
        assert not folder.exists()
    full = init(tmp_path / "full", *source, *WHO)
    assert full.exit_code == 2
    assert "not an empty folder" in full.stderr
    assert not (tmp_path / "full" / "alpr-edge.toml").exists()


def test_at_a_terminal_it_asks_and_ctrl_c_ends_it_with_130(tmp_path: Path, source: tuple[str, ...]) -> None:
    master, slave = pty.openpty()
    with subprocess.Popen(
        command(tmp_path / "unit", *source[2:]), stdin=slave, stdout=slave, stderr=slave, start_new_session=True
    ) as process:
        os.close(slave)
        assert "Camera or recording" in read_until(master, "recording")
        os.write(master, f"{source[1]}\n".encode())
        read_until(master, "Badge")
        assert interrupt(process) == 130
    assert "Traceback" not in read_until(master, "Traceback", 1.0)
    os.close(master)
    assert (tmp_path / "unit" / "alpr-edge.toml").exists()


def interrupt(process: subprocess.Popen[bytes]) -> int:
    """Press Ctrl-C, again where the program missed it: one right before it waits for an answer counts at the next."""
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(WAIT_S / 3)
    process.kill()
    return process.wait()


def read_until(terminal: int, text: str, wait_s: float = WAIT_S) -> str:
    """Return the output of a terminal up to a text, or all of it in the given time."""
    output, until_s = "", time.monotonic() + wait_s
    while text not in output and time.monotonic() < until_s:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                output += os.read(terminal, 4096).decode()
            except OSError:  # the process is gone
                break
    return output


@pytest.mark.lengthy
@pytest.mark.browser
def test_a_newcomer_sees_a_hit_of_their_own_recording_and_list(
    tmp_path: Path, source: tuple[str, ...], shared_data: Path, require_tool: Callable[[str], str]
) -> None:
    folder, port = tmp_path / "unit", free_port()
    video = ("--camera", str(shared_data / "video" / "cars.mp4"))
    secret, result = set_up(folder, *video, *source[2:], "--port", str(port))
    settings = str(result["settings"])
    with (
        daemon("run", "--settings", settings),
        daemon("console", "--settings", settings) as console,
        chromium(require_tool("chromium"), folder / "console.pem", "none.test") as browser,
    ):
        console.wait_for("event=console.serving")
        page = browser.new_page()
        page.set_default_timeout(WAIT_MS_MAX)
        page.goto(str(result["page"]))
        page.locator("input[name=name]").fill("7")
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("input[name=code]").fill(pyotp.TOTP(secret).at(time.time() + 30))
        page.locator("input[name=acknowledged]").check()
        page.get_by_role("button", name="Sign in", exact=True).click()
        expect(page.locator("main")).to_contain_text(PLATE, timeout=3 * WAIT_MS_MAX)
