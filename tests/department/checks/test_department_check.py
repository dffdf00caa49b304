"""``department check``: a department that can serve, and each fault with what to do about it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.department.checks.readiness import check_time_zone
from alpr_edge.department.pki.authority import TlsFiles
from alpr_edge.domain.diagnostics.checks import Grade
from tests.department.engines import EngineUnderTest, name_database
from tests.department.server_certificates import set_days_left


def new_department(directory: Path) -> Path:
    done = CliRunner().invoke(app, ["department", "init", str(directory), "--name", "127.0.0.1"])
    assert done.exit_code == 0, done.output
    return directory


def checks(directory: Path) -> tuple[int, dict[str, dict[str, Any]]]:
    done = CliRunner().invoke(app, ["department", "check", "--directory", str(directory), "--json"])
    return done.exit_code, {each["name"]: each for each in json.loads(done.output)["checks"]}


def add(directory: Path, text: str) -> None:
    with (directory / "department.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{text}\n")


def test_a_department_as_init_leaves_it_can_serve(tmp_path: Path, engine: EngineUnderTest) -> None:
    directory = new_department(engine.use(tmp_path / "department"))
    before = {path.name for path in directory.iterdir()}
    code, found = checks(directory)
    assert code == 0, found
    amber = {name for name, each in found.items() if each["grade"] == "amber"}
    assert amber - {"clock", "time zone"} == {"backup", "backup keys", "alarms"}
    assert {each["grade"] for each in found.values()} <= {"green", "amber"}
    assert all(each["todo"] for name, each in found.items() if name in amber)
    assert {path.name for path in directory.iterdir()} - before <= {"people.key", "images"}
    text = CliRunner().invoke(app, ["department", "check", "--directory", str(directory)], terminal_width=200).output
    assert "what to do" in text


def _backup_elsewhere(directory: Path) -> None:
    add(directory, f'[backup]\ntarget = "{directory.parent}/none"\n')


def _mail_without_password(directory: Path) -> None:
    add(
        directory,
        '[alarms]\nmail_to = ["a@b.example"]\nmail_from = "c@b.example"\nsmtp_host = "mail.b.example"\n'
        f'smtp_user = "c"\nsmtp_password_file = "{directory.parent}/none"',
    )


@pytest.mark.parametrize(
    ("part", "words", "harm"),
    [
        ("settings", "department.toml: not valid TOML: Expected ']'", lambda folder: add(folder, "[x")),
        ("settings", "retention.read_days", lambda folder: add(folder, "[retention]\nread_days = -1")),
        ("folder", "others may enter it", lambda folder: folder.chmod(0o755)),
        ("key ca.key", "others may read it", lambda folder: (folder / "ca.key").chmod(0o644)),
        ("key server.key", "others may read it", lambda folder: (folder / "server.key").chmod(0o640)),
        ("key roster.key", "restore it from the backup", lambda folder: (folder / "roster.key").write_text("x")),
        ("key media.key", "missing", lambda folder: (folder / "media.key").unlink()),
        ("certificate", "no unit accepts this server", lambda folder: set_days_left(TlsFiles(folder), -1)),
        ("certificate", "server.pem", lambda folder: (folder / "server.pem").unlink()),
        ("database", "database", lambda folder: (folder / "department.db").write_bytes(b"none" * 4096)),
        ("database", "cannot be reached", lambda folder: name_database(folder, "postgresql:///x?host=/nowhere")),
        ("images", "others may enter", lambda folder: (folder / "images").chmod(0o755)),
        ("backup", "is its disk mounted", _backup_elsewhere),
        ("alarms", "cannot be read", _mail_without_password),
    ],
)
def test_each_fault_is_red_and_says_what_to_do(
    tmp_path: Path, part: str, words: str, harm: Callable[[Path], object]
) -> None:
    directory = new_department(tmp_path / "department")
    (directory / "images").mkdir(mode=0o700, exist_ok=True)
    harm(directory)
    code, found = checks(directory)
    assert (code, found[part]["grade"]) == (2 if part == "settings" else 1, "red"), found
    assert words in f"{found[part]['finding']}; {found[part]['todo']}"


def test_each_fault_of_the_settings_is_a_line_that_no_other_part_repeats(tmp_path: Path) -> None:
    directory = new_department(tmp_path / "department")
    add(directory, '[retention]\nread_days = -1\n[backup]\ntraget = "/mnt"')
    done = CliRunner().invoke(app, ["department", "check", "--directory", str(directory), "--json"])
    lines = [(each["name"], each["grade"], each["finding"]) for each in json.loads(done.output)["checks"]]
    file = directory / "department.toml"
    assert done.exit_code == 2
    assert lines[:2] == [
        ("settings", "red", f"{file}: retention.read_days: expected a number above 0, at most 36500, not -1"),
        ("settings", "red", f"{file}: backup.traget: unknown key; did you mean 'target'?"),
    ]
    assert not [line for line in lines[2:] if "retention" in line[2] or "traget" in line[2]]
    assert ("backup", "red", "cannot be told: department.toml has faults") in lines
    assert [grade for name, grade, _ in lines if name in {"key ca.key", "certificate", "disk"}] == ["green"] * 3


@pytest.mark.review2(16)
def test_all_faults_of_the_settings_come_at_once(tmp_path: Path) -> None:
    directory = new_department(tmp_path / "department")
    add(
        directory,
        """
[[feed]]
name = "doj"
format = "clue"

[[feed]]
name = "own"
format = "generic-csv"
resons = ["stolen_vehicle"]

[[feed]]
name = "bolo"
format = "generic-csv"
reasons = ["immigration_violator"]
password_file = "/none/password"

[retention]
read_days = 30

[people]
roster_days = "30"
""",
    )
    file = directory / "department.toml"
    done = CliRunner().invoke(app, ["department", "check", "--directory", str(directory), "--json"])
    lines = [each["finding"] for each in json.loads(done.output)["checks"] if each["name"] == "settings"]
    assert done.exit_code == 2
    assert [line.removeprefix(f"{file}: ").split(":")[0] for line in lines] == [
        "people.roster_days",
        "feed[1].resons",
        "feed[2].reasons",
        "retention.read_days",
        "feed[0].format",
        "feed[2].password_file",
    ]
    assert "no format is called 'clue'; known are generic-csv, fixed-width, clew, " in lines[4]


@pytest.mark.review2(16)
@pytest.mark.parametrize("with_fault", [False, True], ids=["alone", "beside a fault of another table"])
@pytest.mark.parametrize(
    ("part", "words", "text"),
    [
        ("releases", "/none/scanner: no program that can be run", '[releases]\nscan_command = ["/none/scanner"]'),
        ("page", "/none/page.pem", '[page]\ncertificate = "/none/page.pem"\nkey = "/none/page.key"'),
        ("provisioning", "/none/token: cannot be read", '[provisioning]\ntoken = "/none/token"'),
        (
            "single sign-on",
            "/none/secret: cannot be read",
            '[single_sign_on]\nissuer = "https://id.example"\nclient_id = "a"\nclient_secret = "/none/secret"',
        ),
        (
            "exchange cad",
            "/none/key: cannot be read",
            """[[exchange]]
name = "cad"
url = "https://cad.modesto.example/hits"
format = "{template}"
key = "/none/key"
operator = "Dispatch"
purpose = "stolen vehicles"
legal_basis = "policy 462.3"
approved_by = "Operations Division Commander"
approved_on = {today}
until = {today}
lists = ["doj"]
""",
        ),
    ],
    ids=["scanner", "page", "provisioning", "single sign-on", "exchange"],
)
def test_what_the_settings_name_can_be_used(
    tmp_path: Path, part: str, words: str, text: str, *, with_fault: bool
) -> None:
    directory = new_department(tmp_path / "department")
    add(directory, text.format(today=datetime.now(UTC).date(), template="alpr-edge"))
    if with_fault:
        add(directory, "[people]\nroster_days = 1")
    code, found = checks(directory)
    assert (code, found[part]["grade"]) == (2 if with_fault else 1, "red"), found
    assert words in f"{found[part]['finding']}; {found[part]['todo']}"


def test_a_secret_that_services_alone_are_given_is_no_fault(tmp_path: Path) -> None:
    directory = new_department(tmp_path / "department")
    add(directory, '[provisioning]\ntoken = "credential:scim"')
    code, found = checks(directory)
    assert (code, found["provisioning"]["grade"]) == (0, "amber"), found


def test_a_key_that_is_gone_is_not_replaced(tmp_path: Path) -> None:
    directory = new_department(tmp_path / "department")
    (directory / "witness.key").unlink()
    code, found = checks(directory)
    assert (code, found["key witness.key"]["grade"], found["database"]["grade"]) == (1, "red", "red")
    assert not (directory / "witness.key").exists()


def test_a_target_and_keys_that_take_files(tmp_path: Path) -> None:
    directory = new_department(tmp_path / "department")
    for name in ("backups", "keys"):
        (tmp_path / name).mkdir(mode=0o700)
    add(directory, f'[backup]\ntarget = "{tmp_path}/backups"\nkeys = "{tmp_path}/keys"')
    code, found = checks(directory)
    assert (code, found["backup keys"]["grade"]) == (0, "green")
    assert (found["backup"]["grade"], "same disk" in found["backup"]["finding"]) == ("amber", True)
    assert [*(tmp_path / "backups").iterdir(), *(tmp_path / "keys").iterdir()] == []


def test_what_is_no_department_is_one_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["department", "check", "--directory", str(tmp_path / "none")])
    assert (done.exit_code, "no department there; run: alpr-edge department init" in done.output) == (1, True)


def test_a_server_whose_time_is_not_that_of_its_settings_is_told_of() -> None:
    utc = datetime(2026, 7, 1, 12, tzinfo=UTC)
    (unset,) = check_time_zone(utc, "America/Los_Angeles")
    assert (unset.grade, unset.finding.startswith("the page shows and takes UTC;")) == (Grade.AMBER, True)
    assert "timedatectl set-timezone America/Los_Angeles" in unset.todo
    (pacific,) = check_time_zone(utc.astimezone(timezone(timedelta(hours=-7), "PDT")), "America/Los_Angeles")
    assert pacific.grade is Grade.GREEN
    (winter,) = check_time_zone(
        utc.replace(month=1).astimezone(timezone(timedelta(hours=-7), "MST")), "America/Los_Angeles"
    )
    assert winter.grade is Grade.AMBER
