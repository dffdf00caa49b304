"""The wheel, installed outside the checkout, finds its models, its migrations and its data files."""

import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest

from tests.app.rig import write_frames

ROOT = Path(__file__).parents[1]
MANIFEST = tomllib.loads((ROOT / "models" / "manifest.toml").read_text(encoding="utf-8"))
ENTRIES = [entry for entries in MANIFEST.values() for entry in entries.values()]
MODEL_FILES = {one["file"] for entry in ENTRIES for one in (entry, entry.get("int8")) if one}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with the wheel; other packages come from the one the tests run in."""
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist"), cwd=ROOT)
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    (wheel,) = (folder / "dist").glob("*.whl")
    run(
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(python),
        "install",
        "--no-deps",
        "--no-index",
        str(wheel),
        cwd=folder,
    )
    site = run(str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder)
    (Path(site.strip()) / "others.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python


def run(*arguments: str, cwd: Path) -> str:
    done = subprocess.run(arguments, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_models_came_along_and_are_found(python: Path, tmp_path: Path) -> None:
    output = run(str(python.parent / "alpr-edge"), "models", "verify", cwd=tmp_path)
    assert [line.split(": ")[1] for line in output.splitlines()] == ["as in the manifest"] * len(MODEL_FILES)
    where = run(str(python), "-c", "import alpr_edge; print(alpr_edge.__file__)", cwd=tmp_path)
    assert not Path(where.strip()).is_relative_to(ROOT)


def test_the_settings_file_came_along(python: Path, tmp_path: Path) -> None:
    run(str(python.parent / "alpr-edge"), "settings", "init", "new.toml", cwd=tmp_path)
    assert (tmp_path / "new.toml").read_bytes() == (ROOT / "config" / "alpr-edge.toml").read_bytes()


def test_the_profiles_and_the_list_of_banned_passwords_came_along(python: Path, tmp_path: Path) -> None:
    program = (
        "from alpr_edge.access.password_rules import banned_passwords;"
        "from alpr_edge.settings import PolicySettings;"
        "from alpr_edge.settings.profiles import summarise_policy;"
        "print(len(banned_passwords()), summarise_policy(PolicySettings()).profile)"
    )
    assert run(str(python), "-c", program, cwd=tmp_path) == "16290 california\n"


def test_the_files_of_maps_came_along_with_their_licences(python: Path, tmp_path: Path) -> None:
    where = Path(run(str(python), "-c", "import alpr_edge; print(alpr_edge.__file__)", cwd=tmp_path).strip()).parent
    maps = Path("web", "maps")
    names = {path.relative_to(ROOT / "alpr_edge") for path in (ROOT / "alpr_edge" / maps).rglob("*") if path.is_file()}
    files = {path for path in names if path.suffix not in {".py", ".pyc"}}
    assert {path.name for path in files} >= {"leaflet.js", "leaflet.LICENSE", "us-outlines.json", "map_ground.js"}
    assert all((where / path).read_bytes() == (ROOT / "alpr_edge" / path).read_bytes() for path in files)


def test_no_training_code_is_in_the_wheel(python: Path) -> None:
    models = python.parents[1] / "share" / "alpr-edge" / "models"
    others = {"LICENSE", "README.md", "manifest.toml", "reader.yaml"}
    assert {path.name for path in models.iterdir()} == MODEL_FILES | others


def test_a_drive_stores_with_the_wheels_own_migrations(python: Path, tmp_path: Path) -> None:
    program = str(python.parent / "alpr-edge")
    frames = write_frames(tmp_path / "frames", [0])
    run(program, "drive", "--source", str(frames), "--out", "out", "--json", cwd=tmp_path)
    assert (tmp_path / "out" / "unit" / "edge.db").stat().st_size > 0
