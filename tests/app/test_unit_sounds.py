"""What a real unit sounds at its start and when something fails, and the guide's table of it."""

import re
import shutil
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alpr_edge.app.stages.clock_trust import CLOCK_WAIT_S, ClockTrust
from alpr_edge.app.unit_faults import FAULT_RULES, Fault, FaultKind, FaultMonitor
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.motion.vehicle_state import SPEED_MPS_MAX
from alpr_edge.domain.page_requests.mute import MuteOrder
from alpr_edge.domain.page_requests.request import PageRequest
from alpr_edge.runtime.clock import SystemClock
from alpr_edge.runtime.health import current_health, read_health
from alpr_edge.services.unit_health.overview import unit_health
from alpr_edge.settings import load
from alpr_edge.store.requests.page_requests import add_request
from alpr_edge.store.unit_store import open_store
from tests.app.rig import PLATES, UNIT, Daemon, daemon, edge, wait_for_health, write_frames, write_settings
from tests.cli.unit.fit_unit import Receiver
from tests.runtime.time_daemon import TimeDaemon

GUIDE = Path(__file__).parents[2] / "config" / "technicians-guide.md"
NOT_SOUNDED = "event=alert.not_sounded"
READY, STALE, HORN = (f"event=tone.sounded tone={tone}" for tone in (Tone.READY, Tone.STALE, Tone.TROUBLE))
CAMERA_WAITS = "reopen_first_s = 0.01\nreopen_longest_s = 1.0"
LIST = "plate,state,reason\n9ZZZ999,CA,stolen_vehicle\n"


def unit_in(folder: Path, more: str = "", frames: Path | None = None, fps: float = 10) -> Path:
    """Settings of a unit that watches a recording, whose keys and database exist."""
    settings = write_settings(
        folder, frames or write_frames(folder / "frames", range(3)), fps=fps, pass_gap_ms=2000 / fps
    )
    text = settings.read_text(encoding="utf-8").replace("reopen_first_s = 0.01", CAMERA_WAITS)
    settings.write_text(text + more, encoding="utf-8")
    return settings


def import_list(settings: Path, text: str = LIST, source: str = "doj") -> int:
    path = settings.parent / "list.csv"
    path.write_text(text, encoding="utf-8")
    words = ("hotlist", "import", str(path), "--source", source, "--format", "generic-csv", "--settings", str(settings))
    return edge(*words).exit_code


def health_of(settings: Path, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    return wait_for_health(settings.parent, condition)


def stale_tones(run: Daemon) -> int:
    """Number of stale tones, but for those of a list whose age is not known, as before the first answer on the time."""
    return run.count(STALE) - run.count('event=fault.appeared fault="a list is amber"')


def end_quietly(run: Daemon) -> None:
    """Stop the unit; everything that it sounded is in its log."""
    assert run.end(signal.SIGTERM) == 0


@pytest.fixture
def clock_settings() -> Iterator[str]:
    """More settings, of a unit whose clock a time server confirms."""
    with TimeDaemon() as time_daemon:
        yield time_daemon.settings


def test_a_unit_that_works_gives_the_ready_note_and_nothing_else(tmp_path: Path, clock_settings: str) -> None:
    settings = unit_in(tmp_path, clock_settings)
    assert import_list(settings) == 0
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=unit.ready")
        run.wait_for(READY)
        health_of(settings, lambda health: health["working"] and health["troubles"] == [])
        health_of(settings, lambda health: health["figures"]["utc_source"] == "ntp")
        bad = {part.name: part.words for part in unit_health(load(settings)).bad_parts}
        assert bad == {"sound": "into a file", "roster": "none"}, "what such a unit lacks by its settings"
        end_quietly(run)
    assert (run.count(READY), stale_tones(run), run.count(HORN)) == (1, 0, 0)
    assert not run.having("event=capture.lost"), "a stop is no loss"


def test_an_old_list_gives_the_ready_note_and_the_stale_tone(tmp_path: Path, clock_settings: str) -> None:
    settings = unit_in(tmp_path, f"{clock_settings}[hotlist]\namber_after_h = 0.000001\n")
    assert import_list(settings) == 0
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for(READY)
        run.wait_for(STALE)
        health = health_of(settings, lambda health: health["working"])
        assert [line for line in health["troubles"] if "is amber" in line]
        (told,) = (each for each in health["figures"]["faults"] if each["kind"] == FaultKind.LIST_AMBER.value)
        assert (told["name"], told["words"], told["state"]) == ("list doj", "old", "attention")
        assert health["figures"]["lists"]["doj"]["entries"] == 1
        assert health["figures"]["roster_until"] is None
        end_quietly(run)
    assert (run.count(READY), run.count(STALE), run.count(HORN)) == (1, 1, 0)


def test_a_mistyped_import_and_a_refused_feed_sound_nothing_at_any_start(tmp_path: Path, clock_settings: str) -> None:
    settings = unit_in(tmp_path, clock_settings)
    assert import_list(settings) == 0
    assert import_list(settings, "no such columns\n1\n") != 0
    assert import_list(settings, "no such columns\n1\n", source="djo") != 0
    for _ in range(2):
        with daemon("run", "--settings", str(settings)) as run:
            run.wait_for(READY)
            health_of(settings, lambda health: health["working"])
            end_quietly(run)
        assert (run.count(READY), stale_tones(run), run.count(HORN)) == (1, 0, 0)


def test_a_unit_without_a_list_says_so_and_is_not_ready(tmp_path: Path, clock_settings: str) -> None:
    settings = unit_in(tmp_path, clock_settings)
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for(STALE)
        run.wait_for("event=read.stored", 3)
        health = health_of(settings, lambda health: health["troubles"] == ["no hotlist: nothing can be matched"])
        assert not health["working"]
        assert not run.having("event=unit.ready")
        assert import_list(settings) == 0
        run.wait_for("event=unit.ready")
        run.wait_for(READY)
        end_quietly(run)
    assert (run.count(READY), stale_tones(run), run.count(HORN)) == (1, 1, 0)


def test_a_pulled_camera_horns_once_and_its_return_gives_the_ready_note(tmp_path: Path, clock_settings: str) -> None:
    frames = write_frames(tmp_path / "frames", range(3))
    settings = unit_in(tmp_path, clock_settings, frames)
    assert import_list(settings) == 0
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for(READY)
        aside = tmp_path / "aside"
        frames.rename(aside)
        frames.mkdir()
        run.wait_for(HORN)
        line = run.wait_for("event=capture.lost")
        assert "camera=front" in line
        assert "camera front: camera front" not in "".join(run.lines)
        frames.rmdir()
        run.wait_for("no such folder")
        health_of(settings, lambda health: any("no such folder" in line for line in health["troubles"]))
        assert not health_of(settings, lambda _: True)["working"]
        aside.rename(frames)
        run.wait_for("event=unit.ready", 2)
        run.wait_for(READY, 2)
        end_quietly(run)
    assert (run.count(READY), run.count(HORN)) == (2, 1)
    assert run.having("event=fault.appeared")
    assert "troubles=" not in "".join(run.lines)


def test_a_recording_that_repeats_horns_at_no_round(tmp_path: Path, clock_settings: str) -> None:
    settings = unit_in(tmp_path, clock_settings, write_frames(tmp_path / "frames", range(1)), fps=50)
    assert import_list(settings) == 0
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for(READY)
        health_of(settings, lambda health: health["figures"]["frames"] > 60)
        end_quietly(run)
    assert (run.count(READY), run.count(HORN), run.count("event=capture.lost")) == (1, 0, 0)


def test_a_pulled_receiver_gives_one_stale_tone_and_shows_in_health(tmp_path: Path, clock_settings: str) -> None:
    settings = unit_in(tmp_path, f'{clock_settings}device = "{tmp_path}/tty"\n')
    assert import_list(settings) == 0
    with daemon("run", "--settings", str(settings)) as run:
        with Receiver(tmp_path / "tty"):
            run.wait_for(READY)
            health_of(settings, lambda health: health["figures"]["has_fix"])
            car = wait_for_health(tmp_path, lambda told: told["figures"]["is_day"] is not None, "vehicle")
            assert car["figures"]["speed_mps"] > SPEED_MPS_MAX
        health_of(settings, lambda health: any(line.startswith("position: ") for line in health["troubles"]))
        run.wait_for(STALE)
        (tmp_path / "tty").unlink()
        health = health_of(settings, lambda health: any("cannot be opened" in line for line in health["troubles"]))
        assert health["working"]
        end_quietly(run)
    assert (stale_tones(run), run.count(HORN)) == (1, 0)


def test_a_receiver_ten_years_behind_gives_one_stale_tone_and_says_that_its_date_is_wrong(
    tmp_path: Path, clock_settings: str
) -> None:
    settings = unit_in(tmp_path, f'{clock_settings}device = "{tmp_path}/tty"\n')
    assert import_list(settings) == 0
    with Receiver(tmp_path / "tty", timedelta(days=-3653)), daemon("run", "--settings", str(settings)) as run:
        run.wait_for(READY)
        run.wait_for(STALE)
        health = health_of(settings, lambda health: any("rolled over" in line for line in health["troubles"]))
        assert health["working"]
        end_quietly(run)
    assert (run.count(READY), stale_tones(run), run.count(HORN)) == (1, 1, 0)


def test_a_health_file_says_when_its_unit_has_ended(tmp_path: Path) -> None:
    settings = unit_in(tmp_path)
    folder = load(settings).unit.runtime_directory
    for number in (signal.SIGTERM, signal.SIGKILL):
        with daemon("run", "--settings", str(settings)) as run:
            health_of(settings, lambda health: health["ready"])
            health = current_health(folder, "run", 60)
            assert health is not None
            assert health.stamp is not None
            assert datetime.now(UTC) - datetime.fromisoformat(health.stamp.written) < timedelta(minutes=10)
            run.end(number)
        assert current_health(folder, "run", 60) is None
        last = read_health(folder, "run")
        assert last is not None
        assert last.ready is (number == signal.SIGKILL), "a killed unit could not say so"


def test_each_fault_sounds_once_however_its_text_changes() -> None:
    monitor = FaultMonitor()
    assert monitor.update([]) == [Tone.READY]
    for text in ("camera front: vanished", "camera front: is not there", "camera front: no driver"):
        tones = monitor.update([Fault(FaultKind.CAMERA, "camera front", text)])
        assert tones == ([Tone.TROUBLE] if "vanished" in text else [])
    assert monitor.update([]) == [Tone.READY]
    both = [Fault(FaultKind.LIST_AMBER, "doj", "old"), Fault(FaultKind.CAMERA, "camera rear", "gone")]
    assert monitor.update(both) == [Tone.TROUBLE, Tone.STALE]


def test_a_camera_that_is_not_open_yet_is_silent_and_keeps_the_unit_from_being_ready() -> None:
    monitor = FaultMonitor()
    opening = Fault(FaultKind.CAMERA_OPENING, "camera front", "camera front: not open yet")
    assert monitor.update([opening]) == []
    assert not monitor.is_ready
    assert monitor.update([]) == [Tone.READY]


def test_a_clock_without_trust_is_a_fault_after_the_time_that_a_receiver_needs() -> None:
    trust, untrusted_clock = ClockTrust(), Instant("boot", 0, datetime(2026, 1, 1, tzinfo=UTC), UtcSource.RTC)
    assert trust.faults(untrusted_clock, 10.0) == []
    assert trust.faults(untrusted_clock, 9.0 + CLOCK_WAIT_S) == []
    assert len(trust.faults(untrusted_clock, 10.0 + CLOCK_WAIT_S)) == 1
    trusted = Instant("boot", 0, datetime(2026, 1, 1, tzinfo=UTC), UtcSource.NTP, 10.0)
    assert trust.faults(trusted, 500.0) == []
    assert trust.faults(untrusted_clock, 501.0) == [], "the time begins anew"


def test_every_fault_has_a_rule_and_a_horn_means_not_ready() -> None:
    assert set(FAULT_RULES) == set(FaultKind)
    assert not [kind for kind, rule in FAULT_RULES.items() if rule.tone is Tone.TROUBLE and rule.is_ready]


def test_the_guide_has_the_same_table() -> None:
    rows = re.findall(r"^\| ([^|]+) \| (none|\w+) \| (yes|no) \| ([^|]+) \|$", GUIDE.read_text("utf-8"), re.MULTILINE)
    table = {
        kind.value: (rule.tone.value if rule.tone else "none", "yes" if rule.is_ready else "no", rule.remedy)
        for kind, rule in FAULT_RULES.items()
    }
    assert {fault: (tone, ready, remedy.replace("`", "")) for fault, tone, ready, remedy in rows} == table


def test_a_unit_without_any_sound_is_not_ready(tmp_path: Path) -> None:
    settings = unit_in(tmp_path)
    text = settings.read_text(encoding="utf-8").replace('player = "wav"', 'player = "alsa"\ndevice = "no-such-device"')
    settings.write_text(text, encoding="utf-8")
    assert import_list(settings) == 0
    with daemon("run", "--settings", str(settings)) as run:
        health = health_of(settings, lambda health: any(line.startswith("sound: ") for line in health["troubles"]))
        assert not health["working"]
        assert not run.having("event=unit.ready")
        end_quietly(run)


def test_a_unit_none_of_whose_cameras_opens_is_not_ready_and_horns_once(tmp_path: Path, clock_settings: str) -> None:
    settings = unit_in(tmp_path, clock_settings)
    assert import_list(settings) == 0
    shutil.rmtree(tmp_path / "frames")
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for(HORN)
        health = health_of(settings, lambda health: "no camera gives pictures: nothing is read" in health["troubles"])
        assert not health["working"]
        assert not run.having("event=unit.ready")
        end_quietly(run)
    assert (run.count(READY), run.count(HORN)) == (0, 1)


def unit_with_hits(folder: Path, alerts: str = "") -> Path:
    """Settings of a unit that passes one listed car after the other, for 24 seconds, with more of ``[alerts]``."""
    settings = unit_in(folder, frames=write_frames(folder / "frames", range(20)), fps=5)
    text = settings.read_text(encoding="utf-8").replace('player = "wav"', f'player = "wav"\n{alerts}')
    settings.write_text(text, encoding="utf-8")
    rows = "".join(f"{plate},CA,stolen_vehicle\n" for plate in PLATES)
    assert import_list(settings, f"plate,state,reason\n{rows}") == 0
    return settings


def test_hits_of_a_unit_that_is_silent_for_nobody_make_no_tone(tmp_path: Path) -> None:
    settings = unit_with_hits(tmp_path, 'when_signed_out = "silent"')
    with daemon("run", "--settings", str(settings)) as run:
        assert "reason=signed_out" in run.wait_for(NOT_SOUNDED)
        end_quietly(run)
    assert not run.having("event=alert.sounded")


def test_a_mute_that_the_page_asks_for_keeps_the_hits_of_a_running_unit_quiet(tmp_path: Path) -> None:
    settings = unit_with_hits(tmp_path)
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=alert.sounded")
        with open_store(load(settings), migrate=False) as store, store.database.write() as connection:
            now = SystemClock().now()
            add_request(connection, PageRequest(f"{UNIT}:1", MuteOrder(30), "ana", "Ana", "s", now))
        assert "muted" in run.wait_for(NOT_SOUNDED)
        end_quietly(run)
