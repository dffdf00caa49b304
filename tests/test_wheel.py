"""The wheel with the packages that it names and no extra: its files came along, and a unit's programs start."""

import os
import signal
import subprocess
import sys
import threading
import tomllib
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.app.rig import write_frames

ROOT = Path(__file__).parents[1]
MANIFEST = tomllib.loads((ROOT / "models" / "manifest.toml").read_text(encoding="utf-8"))
ENTRIES = [entry for entries in MANIFEST.values() for entry in entries.values()]
MODEL_FILES = {one["file"] for entry in ENTRIES for one in (entry, entry.get("int8")) if one}
WAIT_S = 60.0
PROGRAMS = {"run": "unit.started", "console": "console.serving", "uplink": "uplink.delivery_failed"}
"""What each logs once it works; the uplink has no department here."""


def needed_by(site: Path) -> dict[str, Distribution]:
    """What the wheel that is unpacked in a folder needs without an extra of its own, by name."""
    (wheel,) = distributions(path=[str(site)])
    found, waiting, seen = dict[str, Distribution](), [(wheel, frozenset[str]())], set[tuple[str, frozenset[str]]]()
    while waiting:
        package, extras = waiting.pop()
        for text in package.requires or ():
            need = Requirement(text)
            is_needed = need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in ("", *extras))
            if is_needed and (key := (need.name, frozenset(need.extras))) not in seen:
                seen.add(key)
                found[need.name] = distribution(need.name)
                waiting.append((found[need.name], key[1]))
    return found


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that holds the wheel, and links to what it needs."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True, timeout=60)
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (wheel,) = folder.glob("*.whl")
    python = folder / "venv" / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True, timeout=120)
    for package in needed_by(site).values():
        for top in {file.parts[0] for file in package.files or ()} - {"..", "__pycache__"}:
            (site / top).unlink(missing_ok=True)  # a namespace that two of them share
            (site / top).symlink_to(Path(str(package.locate_file(top))))
    return python


def environment(folder: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(folder)}


def run(python: Path, folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of the wheel in a folder."""
    arguments = [str(python), "-m", "alpr_edge", *words]
    done = subprocess.run(
        arguments, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=120, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def told_by(python: Path, folder: Path, program: str) -> str:
    """What a Python program prints in the environment of the wheel."""
    arguments = [str(python), "-c", program]
    return subprocess.run(arguments, cwd=folder, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def test_the_models_came_along_and_are_found(python: Path, tmp_path: Path) -> None:
    output = run(python, tmp_path, "models", "verify").stdout
    assert [line.split(": ")[1] for line in output.splitlines()] == ["as in the manifest"] * len(MODEL_FILES)
    where = told_by(python, tmp_path, "import alpr_edge; print(alpr_edge.__file__)")
    assert not Path(where).is_relative_to(ROOT)


def test_the_settings_file_came_along(python: Path, tmp_path: Path) -> None:
    run(python, tmp_path, "settings", "init", "new.toml")
    assert (tmp_path / "new.toml").read_bytes() == (ROOT / "config" / "alpr-edge.toml").read_bytes()


def test_the_profiles_and_the_list_of_banned_passwords_came_along(python: Path, tmp_path: Path) -> None:
    program = (
        "from alpr_edge.access.password_rules import banned_passwords;"
        "from alpr_edge.settings import PolicySettings;"
        "from alpr_edge.settings.profiles import summarise_policy;"
        "print(len(banned_passwords()), summarise_policy(PolicySettings()).profile)"
    )
    assert told_by(python, tmp_path, program) == "16290 california"


def test_the_files_of_maps_came_along_with_their_licences(python: Path, tmp_path: Path) -> None:
    where = Path(told_by(python, tmp_path, "import alpr_edge; print(alpr_edge.__file__)")).parent
    maps = Path("web", "maps")
    names = {path.relative_to(ROOT / "alpr_edge") for path in (ROOT / "alpr_edge" / maps).rglob("*") if path.is_file()}
    files = {path for path in names if path.suffix not in {".py", ".pyc"}}
    assert {path.name for path in files} >= {"leaflet.js", "leaflet.LICENSE", "us-outlines.json", "map_ground.js"}
    assert all((where / path).read_bytes() == (ROOT / "alpr_edge" / path).read_bytes() for path in files)


def test_no_training_code_is_in_the_wheel(python: Path) -> None:
    models = python.parents[1] / "share" / "alpr-edge" / "models"
    others = {"LICENSE", "README.md", "manifest.toml", "reader.yaml"}
    assert {path.name for path in models.iterdir()} == MODEL_FILES | others


def test_a_recording_and_a_photo_need_no_extra(python: Path, tmp_path: Path) -> None:
    assert run(python, tmp_path, "--version").stdout.startswith("alpr-edge ")
    frames = write_frames(tmp_path / "frames", [0])
    drive = run(python, tmp_path, "drive", "--source", str(frames), "--out", "out", "--json")
    assert drive.returncode == 0, drive.stderr
    assert (tmp_path / "out" / "unit" / "edge.db").stat().st_size > 0
    photo = run(python, tmp_path, "read", str(frames / "00000.png"), "--json")
    assert photo.returncode == 0, photo.stderr


def test_a_rendered_drive_names_the_missing_extra_in_one_line(python: Path, tmp_path: Path) -> None:
    drive = run(python, tmp_path, "drive", "--source", "simulated:7", "--out", "out")
    assert drive.returncode == 1
    assert drive.stderr.splitlines()[-1].endswith("rendered plates need fonts: pip install 'alpr-edge[simulation]'")


def test_the_programs_of_a_unit_start_and_end(python: Path, tmp_path: Path) -> None:
    frames, hotlist = write_frames(tmp_path / "frames", [0]), tmp_path / "list.csv"
    hotlist.write_text("Plate Number,Description,State/Province\n7ABC123,Stolen Vehicle,CA\n", encoding="utf-8")
    source = "--camera", str(frames), "--hotlist", str(hotlist), "--administrator-later"
    made = run(python, tmp_path, "unit", "init", "unit", *source)
    assert made.returncode == 0, made.stderr
    settings = tmp_path / "unit" / "alpr-edge.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8") + '[uplink]\nurl = "https://127.0.0.1:9"\n', encoding="utf-8"
    )
    for program, started in PROGRAMS.items():
        arguments = [str(python), "-m", "alpr_edge", program, "--settings", str(settings)]
        with subprocess.Popen(
            arguments, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as process:
            guard = threading.Timer(WAIT_S, process.kill)
            guard.start()
            assert process.stdout is not None
            lines = list[str]()
            for line in process.stdout:
                lines.append(line)
                if started in line:
                    process.send_signal(signal.SIGTERM)
            guard.cancel()
        assert process.returncode == 0, (program, lines)
