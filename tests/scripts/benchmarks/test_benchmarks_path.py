"""The benchmark of the path, over a few frames of a simulated drive."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from scripts.benchmarks.path import sound_card
from scripts.benchmarks.path.contenders import Contender, Run
from scripts.benchmarks.path.int8 import Int8Choice
from scripts.benchmarks.path.machine import Machine
from scripts.benchmarks.path.processes import niceness_of
from scripts.benchmarks.path.rates import Turns, best_threads, take_turns
from tests.scripts.benchmarks.benchmark_data import PLATE_ROW, ROOT, TEXT, bench, refusal
from tests.vision.models import detector_model, reader_model, write_models

FEW = ("--frames", "6", "--rounds", "2", "--seconds", "1", "--reads", "20", "--entries", "1000")


def figures_of(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    assert done.returncode == 0, done.stderr
    return {line["figure"]: line for line in map(json.loads, done.stdout.splitlines())}


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Models that find and read the same plate in every frame."""
    return write_models(tmp_path / "models", detector_model([PLATE_ROW]), reader_model(TEXT))


def path_bench(folder: Path, models: Path, only: str, *more: str) -> subprocess.CompletedProcess[str]:
    return bench(folder, "--models", str(models), *FEW, "--only", only, *more, which="path")


def test_the_path_is_held_against_its_peers_by_rounds_in_turns(tmp_path: Path, models: Path) -> None:
    done = path_bench(tmp_path, models, "rates,copies", "--profile", "--table")
    figures = figures_of(done)
    assert next(iter(figures)) == "path.machine"
    assert figures["path.machine"]["of"] == "simulated drive"
    for name, peer in (("path.vs_fast_alpr", "fast_alpr"), ("path.vs_limit", "prepared_tensors")):
        line = figures[name]
        assert line["of"] == 2
        assert line["frames"] == 6
        assert line["spread"][0] <= line["value"] <= line["spread"][1]
        assert set(line["threads"]) == {"path", peer}
    assert figures["path.int8_vs_fast_alpr"]["value"] is None
    assert figures["path.int8_vs_fast_alpr"]["reason"]
    assert figures["path.copies"]["by"]["resize"] >= 2
    parts = figures["path.profile.largest_three"]["parts"]
    assert 0 < sum(part["share"] for part in parts) <= 1.001
    assert parts == sorted(parts, key=lambda part: -part["share"])
    assert ">= 1.7" in done.stderr


def test_live_cameras_give_every_frame_and_tones(tmp_path: Path, models: Path) -> None:
    figures = figures_of(path_bench(tmp_path, models, "tone,three_cameras,skipping"))
    assert figures["path.capture_to_tone.p99"]["value"] >= figures["path.capture_to_tone.median"]["value"] > 0
    dropped = figures["path.three_cameras_dropped"]
    assert dropped["of"] == 4 * 3 * 6
    assert dropped["needs_cores"] == pytest.approx(3 * 10 * dropped["processor_ms_a_frame"] / 1000, abs=0.001)
    assert figures["path.three_cameras_tone_p99_ms"]["of"] > 0
    assert figures["path.three_cameras_result_p99_ms"]["of"] == dropped["of"] - dropped["value"]
    assert figures["path.with_skipping"]["value"] > 0
    assert len(figures["path.with_skipping.standing"]["tones"]) == 2


def test_memory_is_that_of_a_real_process_with_its_cameras(tmp_path: Path, models: Path) -> None:
    figures = figures_of(path_bench(tmp_path, models, "memory"))
    one, three = figures["path.memory_mb"], figures["path.three_cameras_memory_mb"]
    assert (one["cameras"], three["cameras"]) == (1, 3)
    assert one["value"] > 50
    assert one["frames"] > 0


def test_reads_are_written_and_uploaded(tmp_path: Path, models: Path) -> None:
    figures = figures_of(path_bench(tmp_path, models, "durable,upload"))
    assert figures["path.reads_to_durable"]["of"] == 20
    assert figures["path.reads_to_durable"]["file_system"]
    assert figures["path.upload_vs_httpx"]["of"] > 20


@pytest.mark.slow
def test_tones_are_timed_while_a_real_unit_imports_and_uploads(tmp_path: Path) -> None:
    figures = figures_of(path_bench(tmp_path, ROOT / "models", "empty,busy"))
    assert (
        figures["path.empty_vs_detector"]["threads"]["path"] == figures["path.empty_vs_detector"]["threads"]["detector"]
    )
    line = figures["path.busy_tone_p99_ms"]
    assert line["of"] > 0
    assert 0 < line["median"] <= line["value"] <= line["longest"]
    assert (line["entries"], line["reads"]) == (1000, 20)


def test_what_is_wrong_is_one_line(tmp_path: Path, models: Path) -> None:
    done = path_bench(tmp_path, models, "empty")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("alpr-edge: the detector finds something in every frame")
    (tmp_path / "data").mkdir()

    def path_refusal(only: str, *more: str) -> tuple[object, list[str]]:
        return refusal(tmp_path, "--models", str(models), *FEW, "--only", only, *more, which="path")

    code, (line,) = path_refusal("tone", "--data", str(tmp_path / "data"))
    assert code == 1
    assert "cars.mp4: no such file" in line
    assert "unknown: speed" in path_refusal("tone,speed")[1][-1]
    assert "0 is not above zero" in path_refusal("tone", "--frames", "0")[1][-1]


def contender(name: str, seconds: dict[int, float], runs: list[str]) -> Contender:
    """Takes so many seconds by its number of threads."""

    def open_it(threads: int) -> Run:
        def run(_count: int) -> float:
            runs.append(name)
            return seconds.get(threads, 9.0)

        return run

    return Contender(name, open_it)


def test_a_contender_is_tried_with_each_number_of_threads_and_keeps_the_best(
    capsys: pytest.CaptureFixture[str],
) -> None:
    threads, run = best_threads(contender("path", {1: 0.5}, []), 40)
    assert (threads, run(40)) == (1, 0.5)
    assert "path with 1 threads: 20.0 frames/s" in capsys.readouterr().err


def test_each_round_begins_with_another_contender() -> None:
    runs: list[str] = []
    entrants = [(one, (2, one.open(2))) for one in (contender(name, {2: 1.0}, runs) for name in "abc")]
    take_turns(entrants, 10, 3)
    assert "".join(runs) == "abcbcacab"


def test_a_ratio_is_the_median_of_the_rounds_with_its_spread(capsys: pytest.CaptureFixture[str]) -> None:
    turns = Turns({"a": 2, "b": 1}, {"a": [1.0, 2.0, 4.0], "b": [2.0, 3.0, 2.0]}, 10)
    turns.print_ratio("path.a_vs_b", "a", "b")
    line = json.loads(capsys.readouterr().out)
    assert (line["value"], line["spread"], line["of"]) == (1.5, [0.5, 2.0], 3)
    assert line["frames_per_s"] == {"a": 5.0, "b": 5.0}


def kernel_files(root: Path, files: dict[str, str]) -> Machine:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return Machine(root)


@pytest.mark.parametrize(
    ("cpuinfo", "flags"),
    [
        ("processor\t: 0\nFeatures\t: fp asimd asimddp crc32\n", ["asimddp"]),
        ("processor\t: 0\nflags\t\t: sse2 avx2 avx_vnni\n", ["avx_vnni"]),
        ("processor\t: 0\nflags\t\t: sse2 avx2\n", []),
    ],
)
def test_a_machine_tells_whether_int8_can_pay(tmp_path: Path, cpuinfo: str, flags: Sequence[str]) -> None:
    machine = kernel_files(tmp_path, {"proc/cpuinfo": cpuinfo})
    assert machine.dot_products == flags
    assert ("no dot products" in Int8Choice(tmp_path, machine=machine).reason) is not bool(flags)


def test_a_raspberry_pi_tells_its_model_governor_and_temperature(tmp_path: Path) -> None:
    machine = kernel_files(
        tmp_path,
        {
            "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
            "proc/meminfo": "MemTotal:        8245952 kB\n",
            "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "ondemand\n",
            "sys/class/thermal/thermal_zone0/temp": "61350\n",
        },
    )
    facts = machine.facts()
    assert facts["model"] == "Raspberry Pi 5 Model B Rev 1.0"
    assert (facts["governor"], facts["memory_mb"], machine.temperature_c()) == ("ondemand", 8052, 61.35)
    nothing = Machine(tmp_path / "none")
    assert nothing.facts()["model"] == "unknown"
    assert nothing.temperature_c() is None


def test_the_sound_card_takes_all_samples_and_ends_with_them(tmp_path: Path) -> None:
    program = sound_card.install(tmp_path / "bin") / "aplay"
    done = subprocess.run([program, "-q", "-"], input=bytes(3 * sound_card.PERIOD_BYTES + 1), timeout=60, check=False)
    assert done.returncode == 0
    assert sys.executable in program.read_text(encoding="utf-8")


def test_a_daemon_beside_the_reading_has_the_share_of_the_processor_that_its_unit_gives_it() -> None:
    """Weights of 20, 300 and 100 beside one of 300: a process twelve steps nicer has 1 / 1.25 ** 12 = 0.07."""
    assert [niceness_of(daemon) for daemon in ("run", "uplink", "console", "department")] == [0, 12, 0, 5]
