import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from scripts.checks.limits import FUNCTION_LINES_MAX, long_functions, offenders_in

ROOT = Path(__file__).parents[1]
LOCKS = ("requirements.lock", "requirements-dev.lock")
TOP_LEVEL = {
    "alpr_edge",
    "models",
    "systemd",
    "config",
    "tests",
    "scripts",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    *LOCKS,
}


def tracked_files() -> list[str]:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listing.stdout.splitlines()


def locked_versions(name: str) -> dict[str, str]:
    """Version of each package of a lock."""
    text = (ROOT / name).read_text(encoding="ascii")
    return dict(re.findall(r"(?m)^([a-z0-9._-]+)==([^ ;]+)", text))


def names_of(requirements: list[str]) -> set[str]:
    return {re.split(r"[^A-Za-z0-9._-]", requirement)[0].lower() for requirement in requirements}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_names_versions_hashes_and_markers_alone(name: str) -> None:
    package = r"[a-z0-9._-]+==[A-Za-z0-9.+!]+( ; [^/\\]+)? \\"
    line = re.compile(rf"# Made by scripts/lock from pyproject.toml\.|{package}|    --hash=sha256:[0-9a-f]{{64}}( \\)?")
    text = (ROOT / name).read_text(encoding="ascii")
    assert [wrong for wrong in text.splitlines() if not line.fullmatch(wrong)] == []
    assert "http" not in re.sub(r"(?m)^(httpx|httpcore|httptools|httpcore2|httpx2|httpx2-jsfetch)==", "", text)


def test_locks_hold_what_the_project_asks_for_and_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    product, development = (locked_versions(name) for name in LOCKS)
    assert names_of(project["dependencies"] + extras["department"]) <= product.keys()
    assert names_of(extras["dev"]) <= development.keys()
    assert product.items() <= development.items()


@pytest.mark.parametrize("name", LOCKS)
def test_no_lock_holds_what_only_training_or_a_window_needs(name: str) -> None:
    assert not {"torch", "opencv-python", "picamera2"} & locked_versions(name).keys()


def test_top_level_holds_known_names_only() -> None:
    top = {path.split("/")[0] for path in tracked_files()}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


def test_scripts_run_and_stop_at_the_first_failure() -> None:
    scripts = [ROOT / ".ci" / "run", *(path for path in (ROOT / "scripts").iterdir() if not path.suffix)]
    programs = [path for path in scripts if path.is_file() and not path.name.startswith("_")]
    for path in programs:
        text = path.read_text(encoding="utf-8")
        assert path.stat().st_mode & 0o111, path
        assert text.startswith("#!/usr/bin/env bash\n"), path
        assert "set -euo pipefail" in text or "/_environment" in text, path


def test_a_long_function_is_named_with_its_line() -> None:
    body = "    x = 1\n" * FUNCTION_LINES_MAX
    assert list(long_functions(f"async def fits():\n{body[:-10]}")) == []
    assert list(long_functions(f"class A:\n  def long():\n{body}")) == [
        f"2: long() has {FUNCTION_LINES_MAX + 1} lines, at most {FUNCTION_LINES_MAX}"
    ]


def test_a_long_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "short.py").write_text("x = 1\n" * 10)
    (tmp_path / "room" / "long.py").write_text("x = 1\n" * 11)
    assert list(offenders_in(tmp_path, "room", 10)) == ["room/long.py: 11 lines, at most 10"]
