import json
import os
import signal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.cli.common import require_owner
from alpr_edge.department.pki.authority import initialise
from alpr_edge.domain.errors import AccessError
from tests.app.rig import PLATES, UNIT, daemon, write_frames, write_settings
from tests.department.enrolment import enrol_unit
from tests.staff import Staff, stating


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A unit that has read three vehicles and was stopped."""
    folder = tmp_path_factory.mktemp("unit")
    settings = write_settings(folder, write_frames(folder / "frames", [0, 1, 2]), "https://127.0.0.1")
    with daemon("run", "--settings", str(settings)) as run:
        run.wait_for("event=read.stored", 3)
        assert run.end(signal.SIGTERM) == 0
    Staff(settings).sign_in_here()
    return settings


def edge(settings: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, stating(*arguments, "--settings", str(settings)))


def counts(settings: Path) -> dict[str, int]:
    numbers: dict[str, int] = json.loads(edge(settings, "outbox", "status", "--json").stdout)
    return numbers


def test_the_owner_sees_what_was_read(settings: Path) -> None:
    lines = [json.loads(line) for line in edge(settings, "reads", "--json", "--limit", "100").stdout.splitlines()]
    assert {read["plate"] for read in lines} <= set(PLATES[:3])
    assert len(lines) >= 3
    assert all(read["closed"] for read in lines)
    assert "plate" in edge(settings, "reads").stdout
    assert edge(settings, "reads", "--hits", "--json").stdout == ""


@pytest.mark.review(13)
def test_everything_goes_to_a_medium_and_its_receipts_come_back(settings: Path, tmp_path: Path) -> None:
    waiting = counts(settings)["ready"]
    assert waiting >= 5, "three reads, each with pictures, which two of one vehicle may share"
    output = edge(settings, "outbox", "status").stdout
    assert output == f"{waiting} waiting, 0 acknowledged, 0 refused, 0 on a medium without a receipt\n"
    medium = tmp_path / "medium"
    result = edge(settings, "outbox", "offload", str(medium))
    assert (result.exit_code, "is the medium mounted?" in result.stderr) == (1, True)
    medium.mkdir()
    result = edge(settings, "outbox", "offload", str(medium))
    assert (result.exit_code, "no certificate to sign with" in result.stderr) == (1, True)
    directory = initialise(tmp_path / "department", ["127.0.0.1"]).directory
    enrol_unit(directory, UNIT, settings.parent / "tls")
    result = edge(settings, "outbox", "offload", str(medium))
    assert result.exit_code == 0, result.stderr
    assert f"{waiting} items written to {medium}" in result.stdout
    assert counts(settings) == {"ready": 0, "delivered": 0, "quarantined": 0, "offloaded": waiting}
    assert "0 items due again" in edge(settings, "outbox", "requeue").stdout
    assert f"{waiting} items due again" in edge(settings, "outbox", "requeue", "--offloaded").stdout
    again = json.loads(edge(settings, "outbox", "offload", str(medium), "--json").stdout)
    assert again["offloaded"] == waiting
    result = CliRunner().invoke(app, ["department", "import", str(medium), "--directory", str(directory)])
    assert result.exit_code == 0, result.output
    (medium / UNIT / "receipts-9.signed").write_text("rot")
    result = edge(settings, "outbox", "receipts", str(medium), "--json")
    assert (result.exit_code, "receipts-9.signed: not a file of this kind" in result.stderr) == (1, True)
    assert json.loads(result.stdout)["delivered"] == waiting
    assert counts(settings) == {"ready": 0, "delivered": waiting, "quarantined": 0, "offloaded": 0}
    assert edge(settings, "outbox", "quarantined").stdout == "no refused items\n"
    assert edge(settings, "outbox", "quarantined", "--json").stdout == ""


@pytest.mark.parametrize(
    ("words", "state"),
    [
        (("nosuch", "other"), "no such item is refused"),
        (("nosuch", "other", "--offloaded"), "no such item is on a medium"),
    ],
)
def test_an_item_that_does_not_wait_to_be_sent_again_is_an_error(
    settings: Path, words: tuple[str, ...], state: str
) -> None:
    result = edge(settings, "outbox", "requeue", *words, "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (1, {"requeued": 0, "unknown": ["nosuch", "other"]})
    lines = result.stderr.splitlines()
    assert [line.split(": ")[1] for line in lines] == ["nosuch", "other"]
    assert all(state in line for line in lines)


def test_a_medium_that_is_not_there_or_no_folder_is_an_error(settings: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    for place in (tmp_path / "nowhere", tmp_path / "file"):
        for verb in ("offload", "receipts"):
            result = edge(settings, "outbox", verb, str(place))
            assert (result.exit_code, result.stdout) == (1, ""), (place, verb)
            assert len(result.stderr.splitlines()) == 1
            assert str(place) in result.stderr


def test_nobody_else_sees_how_the_unit_stands(tmp_path: Path) -> None:
    require_owner(tmp_path)
    with pytest.raises(AccessError, match="no data folder there"):
        require_owner(tmp_path / "missing")
    child = os.fork()
    if child == 0:
        os.setuid(65534)
        try:
            require_owner(tmp_path)
        except AccessError as error:
            os._exit(error.exit_code)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == AccessError.exit_code
