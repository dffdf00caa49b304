"""Every script answers -h and --help, and does nothing else then."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(path for path in (ROOT / "scripts").iterdir() if path.is_file() and os.access(path, os.X_OK))
OWN_HELP = [path for path in SCRIPTS if "/_help" in path.read_text(encoding="utf-8")]
PROGRAMS = ("bash", "dirname", "sed")
STUB = f'set -euo pipefail\ncd "$(dirname "${{BASH_SOURCE[0]}}")/.."\nenvironment={sys.prefix}\n'


def test_there_are_scripts_of_both_kinds() -> None:
    assert {"check", "demo", "lock", "test"} <= {path.name for path in OWN_HELP} < {path.name for path in SCRIPTS}


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("script", OWN_HELP, ids=lambda path: path.name)
def test_a_script_without_options_prints_its_head_and_does_nothing(script: Path, option: str, tmp_path: Path) -> None:
    checkout, programs = tmp_path / "checkout", tmp_path / "bin"
    (checkout / "scripts").mkdir(parents=True)
    programs.mkdir()
    for path in (script, ROOT / "scripts" / "_help"):
        shutil.copy(path, checkout / "scripts")
    for name in PROGRAMS:
        program = shutil.which(name)
        assert program is not None
        (programs / name).symlink_to(program)
    command = [str(programs / "bash"), str(checkout / "scripts" / script.name), option]
    run = subprocess.run(command, env={"PATH": str(programs)}, capture_output=True, text=True, check=False, timeout=300)
    assert (run.returncode, run.stderr) == (0, "")
    assert len(run.stdout.splitlines()) >= 1
    assert "BASH_SOURCE" not in run.stdout
    assert not run.stdout.startswith("#")
    assert [path.name for path in checkout.iterdir()] == ["scripts"]


@pytest.mark.parametrize("option", ["-h", "--help"])
@pytest.mark.parametrize("script", sorted(set(SCRIPTS) - set(OWN_HELP)), ids=lambda path: path.name)
def test_a_script_with_options_names_them(script: Path, option: str, tmp_path: Path) -> None:
    folder = tmp_path / "scripts"
    folder.mkdir()
    shutil.copy(script, folder)
    (folder / "_environment").write_text(STUB, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    for package in ("benchmarks", "checks", "deploy", "faults", "prove"):
        (folder / package).symlink_to(ROOT / "scripts" / package)
    run = subprocess.run(
        ["bash", folder / script.name, option],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.startswith("usage: scripts/")
