"""The unit files, as systemd reads them."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY
from alpr_edge.store.keys import IMAGES
from alpr_edge.web.page_server import CONNECTIONS_MAX
from scripts.deploy.provision import services

FOLDER = Path(__file__).parents[1] / "systemd"
UNITS = sorted((*FOLDER.glob("*.service"), *FOLDER.glob("*.target")))
PROGRAM = "/opt/alpr-edge/current/.venv/bin/alpr-edge"
HORN_PROGRAM = "/usr/bin/python3 -I /opt/alpr-edge/current/scripts/horn.py"
CAPTURE, UPLINK, HORN = "alpr-edge.service", "alpr-edge-uplink.service", "alpr-edge-horn.service"
CONSOLE, METRICS = "alpr-edge-console.service", "alpr-edge-metrics.service"
EXPOSURE_MAX = {CAPTURE: 0.6, UPLINK: 1.2, HORN: 0.6, CONSOLE: 1.2, METRICS: 1.2}
"""Of ten, as ``systemd-analyze security`` adds it up. The uplink's network alone is 0.5, an open port 0.2 to 0.3."""

MODULES = {"alsa": "snd", "media": "mc", "ttyACM": "cdc_acm", "ttyUSB": "usbserial", "video4linux": "videodev"}
"""The module that puts a group of devices into /proc/devices."""
BUILT_IN = {"dma_heap", "gpiochip", "ttyAMA", "ttyS"}
"""The groups that the kernels of Debian and Raspberry Pi OS hold themselves."""

TRUE = shutil.which("true") or ""


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The unit files in a folder, with a program that exists in the place of the software."""
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8")
        (tmp_path / unit.name).write_text(text.replace(PROGRAM, TRUE).replace(HORN_PROGRAM, TRUE))
    return tmp_path


def verify_unit(analyze: str, unit: Path) -> tuple[int, str]:
    done = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def exposure(analyze: str, unit: Path) -> float:
    command = [analyze, "security", "--offline=true", "--no-pager", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    match = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert match, done.stderr
    return float(match[1])


@pytest.mark.parametrize("name", [unit.name for unit in UNITS])
def test_systemd_has_nothing_to_say(name: str, units: Path, require_tool: Callable[[str], str]) -> None:
    """``systemd-analyze verify`` exits 0 on many a fault: it must print nothing."""
    assert verify_unit(require_tool("systemd-analyze"), units / name) == (0, "")


def test_a_misspelt_key_does_not_pass(units: Path, require_tool: Callable[[str], str]) -> None:
    unit = units / CAPTURE
    unit.write_text(unit.read_text().replace("PrivateNetwork=", "PrivateNetworks="))
    assert "PrivateNetworks" in verify_unit(require_tool("systemd-analyze"), unit)[1]


@pytest.mark.parametrize("name", EXPOSURE_MAX)
def test_exposure(name: str, units: Path, require_tool: Callable[[str], str]) -> None:
    assert exposure(require_tool("systemd-analyze"), units / name) <= EXPOSURE_MAX[name]


def test_the_drop_in_for_a_network_camera_opens_one_address(units: Path, require_tool: Callable[[str], str]) -> None:
    analyze = require_tool("systemd-analyze")
    closed = exposure(analyze, units / CAPTURE)
    # As a drop-in has it: what stands later holds.
    example = (FOLDER / "examples" / "rtsp.conf").read_text(encoding="utf-8")
    unit = units / CAPTURE
    unit.write_text(f"{unit.read_text()}\n{example}")
    assert verify_unit(analyze, unit) == (0, "")
    assert closed < exposure(analyze, unit) <= closed + 1.2
    assert re.findall(r"(?m)^IPAddress\w+=(.+)", unit.read_text()) == ["any", "192.0.2.10"]


def test_what_a_unit_needs_is_said() -> None:
    texts = {unit.name: unit.read_text(encoding="utf-8") for unit in UNITS}
    assert set(texts) == {CAPTURE, UPLINK, HORN, CONSOLE, METRICS, "alpr-edge.target"}
    for text in (texts[CAPTURE], texts[UPLINK], texts[CONSOLE]):
        assert "Type=notify" in text
        assert "StateDirectoryMode=0700" in text
        assert "\nWantedBy=alpr-edge.target\n" in text
        assert f"\nExecStart={PROGRAM} " in text
        assert "\nOOMPolicy=continue\n" in text
    assert "alpr-edge-lists" not in texts[UPLINK] + texts[CONSOLE]
    assert "alpr-edge-signing" not in texts[CONSOLE]
    assert f"\nInaccessiblePaths=-/var/lib/alpr-edge/{LISTS_DIRECTORY}\n" in texts[CONSOLE]
    assert f"\nReadOnlyPaths=-/var/lib/alpr-edge/{IMAGES}\n" in texts[UPLINK]
    assert f"\nInaccessiblePaths=-/var/lib/alpr-edge/{LISTS_DIRECTORY}\n" in texts[UPLINK]
    assert "\nPrivateNetwork=yes\n" in texts[CAPTURE]
    assert "\nPrivateDevices=yes\n" in texts[UPLINK]


def test_what_answers_prometheus_has_neither_keys_devices_nor_data_and_is_enabled_by_people() -> None:
    text = (FOLDER / METRICS).read_text(encoding="utf-8")
    for line in (
        "DynamicUser=yes",
        "IPAddressDeny=any",
        "IPAddressAllow=localhost",
        "PrivateDevices=yes",
        "InaccessiblePaths=-/var/lib/alpr-edge",
        "InaccessiblePaths=-/etc/alpr-edge/tls",
    ):
        assert f"\n{line}\n" in text
    assert re.search(r"\nMemoryMax=\d+M\n", text)
    assert not re.search("(?m)^(LoadCredential|DeviceAllow|StateDirectory|User=)", text)
    assert METRICS in services.LINKED
    target = (FOLDER / "alpr-edge.target").read_text(encoding="utf-8")
    assert not {METRICS, UPLINK} & set(target.split()), "a unit without a department has no uplink"


def test_no_restart_waits_for_long_however_often_a_service_was_restarted_before() -> None:
    """systemd counts the restarts since the boot for RestartSteps=, also those after which a service ran for hours."""
    waits: dict[str, list[int]] = {}
    for unit in FOLDER.rglob("*.service"):
        text = unit.read_text(encoding="utf-8")
        if "\nRestart=always\n" in text:
            waits[unit.name] = [int(s) for s in re.findall(r"(?m)^Restart(?:Sec|MaxDelaySec)=(.+)", text)]
            assert ("\nRestartSteps=" in text) == (len(waits[unit.name]) == 2)
    assert (waits[CAPTURE], waits[CONSOLE]) == ([2], [5]), "blind meanwhile; and told as gone after ten seconds"
    assert len(waits) == 7
    assert all(max(seconds) <= 15 for seconds in waits.values())


def test_the_page_may_open_more_files_than_strangers_can_take_from_it() -> None:
    (files,) = re.findall(r"(?m)^LimitNOFILE=(\d+)$", (FOLDER / CONSOLE).read_text(encoding="utf-8"))
    assert int(files) // 2 >= 8 * CONNECTIONS_MAX


@pytest.mark.review(7)
def test_a_capture_half_that_fails_sounds_and_its_horn_needs_nothing_of_the_product() -> None:
    assert f"\nOnFailure={HORN}\n" in (FOLDER / CAPTURE).read_text(encoding="utf-8")
    assert f"\nExecStart={HORN_PROGRAM}\n" in (FOLDER / HORN).read_text(encoding="utf-8")
    program = Path(__file__).parents[1] / "scripts" / "horn.py"
    assert "alpr_edge" not in re.findall(r"(?m)^(?:from|import) (\w+)", program.read_text(encoding="utf-8"))
    assert HORN in services.LINKED


@pytest.mark.review(18)
@pytest.mark.parametrize("name", [CAPTURE, UPLINK, CONSOLE, METRICS])
def test_no_memory_of_a_daemon_reaches_the_disk(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert "\nLimitCORE=0\n" in text
    assert "\nMemorySwapMax=0\n" in text


@pytest.mark.parametrize("unit", sorted(FOLDER.rglob("*.service")), ids=lambda unit: unit.name)
def test_the_drivers_of_allowed_devices_are_loaded_before_a_service_starts(unit: Path) -> None:
    """systemd leaves a group out that /proc/devices does not hold at the start, and refuses its devices ever after."""
    text = unit.read_text(encoding="utf-8")
    groups = set(re.findall(r"(?m)^DeviceAllow=char-(\S+)", text))
    assert groups <= {*MODULES, *BUILT_IN}
    services = {f"modprobe@{MODULES[group]}.service" for group in groups - BUILT_IN}
    for key in ("Wants", "After"):
        names = {name for line in re.findall(rf"(?m)^{key}=(.+)", text) for name in line.split()}
        assert {name for name in names if name.startswith("modprobe@")} == services


def test_a_stop_leaves_the_player_to_the_daemon() -> None:
    """To every process, as systemd does by itself, the signal would end aplay before what it has to say at a stop."""
    assert "\nKillMode=mixed\n" in (FOLDER / CAPTURE).read_text(encoding="utf-8")
