"""``department alarms``, as a timer and a person run it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.department.pki.authority import initialise
from tests.department.alarms.receivers import PostServer, running
from tests.department.retention.office import Office, read_item


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    initialise(tmp_path / "department", ["alpr.police.example"])
    office = Office(tmp_path / "department")
    (tmp_path / "hook.key").write_text("k" * 64)
    yield office
    office.storage.close()


def run(office: Office, *words: str) -> Result:
    return CliRunner().invoke(app, ["department", "alarms", *words, "--directory", str(office.directory)])


def use(office: Office, server: PostServer) -> None:
    key = office.directory.parent / "hook.key"
    office.settings(f'[alarms]\nwebhook_url = "{server.url}"\nwebhook_key_file = "{key}"\n')


def test_what_is_wrong_is_told_once_and_as_it_ends(office: Office) -> None:
    office.deliver(read_item("old"), days_ago=800)
    with running(PostServer()) as server:
        use(office, server)
        first = json.loads(run(office, "--json").output)
        assert run(office).output == "nothing new\n"
        office.purge()
        assert run(office).output == "webhook: 0 new, 0 still there, 1 over\n"
    subjects = [alarm["subject"] for alarm in first["alarms"]]
    assert subjects[0] == "server", "nobody serves it"
    assert len(subjects) == 2, "nor was what is due deleted"
    (_, begun), (_, over) = server.posts
    assert json.loads(begun)["begun"] == [alarm["text"] for alarm in first["alarms"]]
    assert json.loads(begun)["department"] == "alpr.police.example"
    assert len(json.loads(over)["over"]) == 1


def test_a_channel_that_fails_ends_with_a_line_and_is_told_the_next_time(office: Office) -> None:
    with running(PostServer()) as server:
        use(office, server)
        server.status = 503
        failed = run(office)
        assert (failed.exit_code, "refused it with status 503" in failed.output) == (1, True)
        server.status = 200
        assert run(office).output == "webhook: 1 new, 0 still there, 0 over\n"


def test_a_test_is_sent_and_nothing_noted(office: Office) -> None:
    with running(PostServer()) as server:
        use(office, server)
        assert run(office, "--test").output == "sent by webhook\n"
        assert json.loads(run(office, "--test", "--json").output) == {"failures": []}
        assert not (office.directory / "alarms.json").exists()
        server.status = 500
        failed = run(office, "--test")
        assert (failed.exit_code, "refused it with status 500" in failed.output) == (1, True)
    assert "this is a test" in server.posts[0][1].decode()


def test_without_anybody_to_tell_it_says_what_to_set(office: Office) -> None:
    refused = run(office)
    assert (refused.exit_code, "[alarms] names nobody to tell; set mail_to or webhook_url" in refused.output) == (
        1,
        True,
    )
    assert "the server does not run" in run(office, "--dry-run").output
    assert [alarm["subject"] for alarm in json.loads(run(office, "--dry-run", "--json").output)["alarms"]] == ["server"]


def test_a_department_that_cannot_be_read_is_an_alarm_itself(office: Office) -> None:
    office.storage.close()
    (office.directory / "department.db").write_bytes(b"no database" * 1000)
    alarms = json.loads(run(office, "--dry-run", "--json").output)["alarms"]
    assert "database" in [alarm["subject"] for alarm in alarms]


def test_no_department_and_wrong_settings_end_with_a_line(office: Office, tmp_path: Path) -> None:
    missing = CliRunner().invoke(app, ["department", "alarms", "--directory", str(tmp_path / "none")])
    assert (missing.exit_code, "no department there" in missing.output) == (1, True)
    office.settings('[alarms]\nwebhook_url = "http://hooks.example/"\n')
    refused = run(office)
    assert (refused.exit_code, "use https" in refused.output) == (2, True)
