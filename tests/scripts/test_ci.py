"""That no torture goes on behind a change that failed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NOTHING = "#!/usr/bin/env bash\n"
TORTURE = """\
#!/usr/bin/env bash
trap 'echo told >told; exit 130' TERM
echo $$ >torture
for ((second = 0; second < 60; second++)); do sleep 1 & wait $!; done
"""
PROVE = """\
#!/usr/bin/env bash
until [[ -s torture ]]; do sleep 0.05; done
exit %d
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose steps do nothing, but for a torture that goes on until it is told to end."""
    programs = dict.fromkeys(("missing-packages", "check", "test", "other-python"), NOTHING)
    programs |= {"torture": TORTURE, "prove-provisioning": PROVE % 1}
    (tmp_path / ".ci").mkdir()
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / ".ci" / "run", tmp_path / ".ci")
    for name, text in programs.items():
        program = tmp_path / "scripts" / name
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
    return tmp_path


def run(checkout: Path) -> subprocess.CompletedProcess[str]:
    sudo = checkout / "bin" / "sudo"  # for whoever is not root
    sudo.parent.mkdir()
    sudo.write_text('#!/usr/bin/env bash\n[[ $1 != -E ]] || shift\nexec "$@"\n', encoding="utf-8")
    sudo.chmod(0o755)
    surroundings = {**os.environ, "PATH": f"{sudo.parent}:{os.environ['PATH']}"}
    command = [checkout / ".ci" / "run"]
    return subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False, timeout=300)


def test_the_torture_ends_in_order_when_the_step_beside_it_fails(checkout: Path) -> None:
    done = run(checkout)
    assert done.returncode == 1
    assert "failed after" in done.stderr
    assert (checkout / "told").is_file()
    torture = int((checkout / "torture").read_text(encoding="ascii"))
    with pytest.raises(ProcessLookupError):
        os.kill(torture, 0)


@pytest.mark.parametrize("code", [0, 1])
def test_a_torture_that_has_ended_decides(checkout: Path, code: int) -> None:
    (checkout / "scripts" / "torture").write_text(f"#!/usr/bin/env bash\necho $$ >torture\nexit {code}\n")
    (checkout / "scripts" / "prove-provisioning").write_text(PROVE % 0)
    done = run(checkout)
    assert done.returncode == code
    assert "ending the torture" not in done.stderr
