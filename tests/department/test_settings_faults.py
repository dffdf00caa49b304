"""Faults of ``department.toml``: all at once, a line each that names file, key and what was expected; exit code 2."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_origin

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.department.alarms.alarm import standing_alarms
from alpr_edge.department.backups.outcomes import BACKUP, note_outcome, outcomes
from alpr_edge.department.pki.server_certificate import utc_now
from alpr_edge.department.settings import (
    FILE_NAME,
    FILE_SCHEMA,
    DepartmentFile,
    DepartmentFileError,
    load_department_file,
    load_periods,
)
from alpr_edge.domain.errors import DepartmentError, SettingsError
from alpr_edge.settings import faults
from tests.settings.test_fault_words import FOREIGN_WORDS, VALUES

FAULTY = """
[people]
roster_days = "30"
nmae = "Modesto PD"

[[feed]]
name = "doj"
format = "generic-csv"

[[feed]]
name = "own"
resons = ["stolen_vehicle"]

[alarms]
mail_to = ["watch@modesto.example", "nobody"]
"""
FAULTS = [
    "people.roster_days: expected a whole number from 2 to 365, not '30'; numbers stand without quotes",
    "people.nmae: unknown key; did you mean 'name'?",
    "alarms.mail_to[1]: expected a mail address, not 'nobody'",
    "feed[1].format: missing; expected a name of letters, digits, dots, dashes and underscores, at most 64",
    "feed[1].resons: unknown key; did you mean 'reasons'?",
]


def faults_of(directory: Path, text: str) -> list[str]:
    """The faults of a file with this text, without its path, which each line begins with."""
    path = directory / FILE_NAME
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DepartmentFileError) as caught:
        load_periods(directory)
    assert all(fault.startswith(f"{path}: ") for fault in caught.value.faults)
    assert str(caught.value).splitlines() == caught.value.faults
    return [fault.removeprefix(f"{path}: ") for fault in caught.value.faults]


def keys_below(location: tuple[int | str, ...]) -> Iterator[tuple[int | str, ...]]:
    """The location of every key below a table."""
    table = FILE_SCHEMA.table_at(location)
    assert table is not None
    for name, field in table.model_fields.items():
        here = (*location, name)
        inner = (*here, 0) if get_origin(field.annotation) is tuple else here
        if FILE_SCHEMA.table_at(here) is None:
            yield here
        else:
            yield from keys_below(inner)


KEYS = list(keys_below(()))


def file_with(location: tuple[int | str, ...], value: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever TOML holds
    """The least file that has the key with the value."""
    for part in reversed(location):
        value = [value] if isinstance(part, int) else {part: value}
    assert isinstance(value, dict)
    return value


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    assert faults_of(tmp_path, FAULTY) == FAULTS


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[alarm]", "alarm: unknown key; did you mean 'alarms'?"),
        ('[backup]\nkeep_days = "a"', "backup.keep_days: expected a whole number from 2 to 365, not 'a'; numbers"),
        ("[backup]\nkeep_days = 9.5", "backup.keep_days: expected a whole number from 2 to 365, not 9.5; without a"),
        ('[backup]\ntarget = "mnt"', "backup.target: expected a path from the root such as '/etc/a', or nothing, not"),
        (
            '[retention]\nread_days = "x"',
            "retention.read_days: expected a number above 0, at most 36500, not 'x'; numb",
        ),
        ("[retention]\ndays = 3", "retention.days: unknown key; did you mean 'hit_days'?"),
        ("[retention]\nread_days = 5", "retention.read_days: below the 366 days of the law"),
        ('[page]\ncertificate = "/a.pem"', "page: certificate and key go together: give both or neither"),
        ('feed = "doj"', "feed: expected tables headed [[feed]], with double brackets"),
        ("[[page]]", "page: expected one table headed [page], with single brackets"),
        (
            '[[feed]]\nname = "a"\nformat = "b"\nreason = "stolen"',
            "feed[0].reason: no reason is called 'stolen'; did you",
        ),
        (
            '[[feed]]\nname = "a"\nformat = "b"\ntone = "hihg"',
            "feed[0].tone: expected one of",
        ),
        ("[people]\n" + 'name = "' + "x" * 101 + '"', "people.name: expected at most 100 characters, not 101"),
        ('[[feed]]\nname = "a"\nformat = "b"\n' * 65, "feed: expected at most 64 [[feed]] tables, not 65"),
        (
            '[[feed]]\nname = "a"\nformat = "b"\n' * 2,
            "feed: name 'a' is given to more than one; give each",
        ),
        ("[people]\noris = " + str(["x"] * 21), "people.oris: expected at most 20 values, not 21"),
        ("[people", "not valid TOML: Expected ']'"),
        ("a.b.c = 1\na.b = 2", "not valid TOML: "),
        ("a" + ".a" * 200 + " = 1", "no settings: values nested hundreds deep"),
    ],
)
def test_a_fault_says_what_is_expected(tmp_path: Path, text: str, fault: str) -> None:
    (found,) = faults_of(tmp_path, text)
    assert found.startswith(fault)


def test_each_list_that_the_state_bars_is_told(tmp_path: Path) -> None:
    feed = '[[feed]]\nname = "{}"\nformat = "generic-csv"\nreason = "immigration_violator"\n'
    mailed = '[[exchange]]\nname = "desk"\nmail_to = ["a@b.example"]\nlists = ["a"]\noperator = "Dispatch"\n'
    terms = 'purpose = "hits"\nlegal_basis = "policy"\napproved_by = "Commander"\napproved_on = 2026-01-01\n'
    found = faults_of(tmp_path, feed.format("a") + feed.format("b") + mailed + terms + "until = 2026-02-01\n")
    assert [fault.split(":")[0] for fault in found] == ["exchange", "feed[0].reason", "feed[1].reason"]
    assert "barred by the profile california" in found[1]


@pytest.mark.parametrize("location", KEYS, ids=FILE_SCHEMA.key_path)
def test_no_fault_speaks_the_words_of_a_library(location: tuple[int | str, ...]) -> None:
    for value in VALUES:
        try:
            DepartmentFile.model_validate(file_with(location, value))
        except ValidationError as error:
            for fault in faults.faults_of(error, FILE_SCHEMA):
                assert not [word for word in FOREIGN_WORDS if word in fault.replace(repr(value), "")], fault
                assert "a path in quotes" not in fault or "_file" in fault, fault
                assert len(fault.splitlines()) == 1


@pytest.mark.parametrize("location", KEYS, ids=FILE_SCHEMA.key_path)
def test_what_a_pattern_asks_for_is_said_in_words(location: tuple[int | str, ...]) -> None:
    for each in (location, (*location, 0)):
        field = FILE_SCHEMA.field_at(each)
        has_pattern = field is not None and any(getattr(item, "pattern", None) for item in field.metadata)
        assert not has_pattern or (field is not None and field.description)


@pytest.mark.parametrize(
    "text",
    [
        '[alarms]\nsmtp_password_file = "hunter2"',
        "[images]\nkey = 8151",
        '[images]\nendpoint = ["https://me:hunter2@s3.example"]',
        '[single_sign_on]\nissuer = "https://me:hunter2@idp.example/"',
        '[single_sign_on]\nissuer = "https://idp.example/?token=hunter2"',
        '[single_sign_on]\nissuer = "https://[hunter2 "',
        '[alarms]\nsmtp_password = "hunter2"',
    ],
)
def test_no_fault_repeats_a_secret(tmp_path: Path, text: str) -> None:
    (fault,) = faults_of(tmp_path, text)
    assert not [secret for secret in ("hunter2", "8151") if secret in fault]


def test_a_file_that_is_not_there_is_one_with_the_defaults(tmp_path: Path) -> None:
    assert load_department_file(tmp_path) == DepartmentFile()
    assert load_department_file(tmp_path / "none") == DepartmentFile()


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.mkdir()
    with pytest.raises(DepartmentFileError) as caught:
        load_department_file(tmp_path)
    assert caught.value.faults == [f"{path}: cannot be read: Is a directory"]
    path.rmdir()
    path.symlink_to(path)
    with pytest.raises(DepartmentFileError) as caught:
        load_department_file(tmp_path)
    assert caught.value.faults == [f"{path}: cannot be read: Too many levels of symbolic links"]


def test_a_file_of_other_bytes_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(b'[people]\nname = "\xff"\n')
    with pytest.raises(DepartmentFileError) as caught:
        load_department_file(tmp_path)
    assert caught.value.faults == [f"{path}: not UTF-8 at byte 17; save it as UTF-8"]
    path.write_bytes(b"\xef\xbb\xbf[people]\nroster_days = 9\n")
    assert load_department_file(tmp_path).people.roster_days == 9


def test_a_folder_that_cannot_be_looked_at_is_no_fault_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(DepartmentError, match="cannot be looked at: File name too long") as caught:
        load_department_file(tmp_path / ("x" * 300))
    assert not isinstance(caught.value, SettingsError)


@pytest.fixture(scope="module")
def department(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A department whose settings have several faults."""
    directory = tmp_path_factory.mktemp("faulty") / "department"
    done = CliRunner().invoke(app, ["department", "init", str(directory), "--name", "127.0.0.1"])
    assert done.exit_code == 0, done.output
    (directory / FILE_NAME).write_text(FAULTY, encoding="utf-8")
    return directory


@pytest.mark.parametrize(
    "words",
    [
        "serve --port 0",
        "page --port 0",
        "status",
        "purge",
        "backup",
        "alarms",
        "exchange list",
        "lists",
        "people list",
    ],
)
def test_every_command_that_reads_it_tells_all_and_ends_with_2(department: Path, words: str) -> None:
    done = CliRunner().invoke(app, ["department", *words.split(), "--directory", str(department)])
    assert (done.exit_code, done.stdout) == (2, ""), done.output
    assert done.stderr.splitlines() == [f"alpr-edge: {department / FILE_NAME}: {fault}" for fault in FAULTS]


def test_an_alarm_and_an_outcome_have_all_faults_in_one_line(department: Path) -> None:
    (alarm,) = [each for each in standing_alarms(department, utc_now()) if each.subject == "database"]
    assert alarm.text.startswith(f"the database cannot be opened: {department / FILE_NAME}: people.roster_days")
    assert all(fault in alarm.text for fault in FAULTS)
    assert len(alarm.text.splitlines()) == 1
    note_outcome(department, BACKUP, department, "\n".join(FAULTS[1:3]))
    assert outcomes(department)[-1].reason == "; ".join(FAULTS[1:3])
