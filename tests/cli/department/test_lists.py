"""``department publish``, ``lists`` and ``withdraw``: what reaches nobody is refused, what is published is shown."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.list_requests import ListRequest


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory = tmp_path / "department"
    assert CliRunner().invoke(app, ["department", "init", str(directory), "--name", "127.0.0.1"]).exit_code == 0
    return directory


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    path = tmp_path / "feed.csv"
    path.write_text("Plate Number,Description,State/Province\n7ABC123,Stolen,CA\n")
    return path


def edge(directory: Path, *arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["department", *arguments, "--directory", str(directory)], input=answer)


def invite(directory: Path, *unit_ids: str) -> None:
    storage = Storage(directory)
    for unit_id in unit_ids:
        storage.units.invite(unit_id, timedelta(hours=1))
    storage.close()


def ask_for(directory: Path, unit_id: str, source: str, serial: int = 0) -> None:
    storage = Storage(directory)
    storage.list_requests.note(ListRequest(unit_id, source, serial))
    storage.close()


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_an_empty_feed_is_refused(directory: Path, tmp_path: Path, content: str) -> None:
    feed = tmp_path / "empty.csv"
    feed.write_text(content)
    outcome = edge(directory, "publish", str(feed), "--source", "amber", "--new-source")
    assert (outcome.exit_code, outcome.stdout) == (1, "")
    assert f"{feed}: is empty; nothing was published" in outcome.stderr
    assert edge(directory, "lists").stdout.startswith("no lists; ")


def test_a_source_that_no_unit_has_is_refused_where_it_is_known_what_they_have(directory: Path, feed: Path) -> None:
    ask_for(directory, "car-1", "amber")
    mistyped_source = edge(directory, "publish", str(feed), "--source", "ambre")
    assert mistyped_source.exit_code == 1
    assert "no unit has asked for a list of this name; units ask for: amber." in mistyped_source.stderr
    assert edge(directory, "publish", str(feed), "--source", "amber").exit_code == 0
    assert edge(directory, "publish", str(feed), "--source", "stolen", "--new-source").exit_code == 0
    again = edge(directory, "publish", str(feed), "--source", "stolen")
    assert again.exit_code == 0
    assert again.stderr == ""


@pytest.mark.review2(16)
@pytest.mark.parametrize("command", [("publish", "FEED"), ("audience", "--for-all")], ids=["publish", "audience"])
def test_before_any_unit_asked_a_name_that_nothing_knows_is_refused(
    directory: Path, feed: Path, command: tuple[str, ...]
) -> None:
    words = [str(feed) if word == "FEED" else word for word in command]
    refused = edge(directory, *words, "--source", "ambre")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "ambre: no unit has asked for a list yet, and department.toml has no [[feed]] with" in refused.stderr
    assert edge(directory, "lists").stdout.startswith("no lists; ")
    assert edge(directory, *words, "--source", "amber", "--new-source").exit_code == 0


def test_before_any_unit_asked_a_list_that_the_settings_name_is_published_with_a_note(
    directory: Path, feed: Path
) -> None:
    with (directory / "department.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[feed]]\nname = "amber"\nformat = "generic-csv"\nreason = "stolen_vehicle"\n')
    outcome = edge(directory, "publish", str(feed), "--source", "amber", "--json")
    assert (outcome.exit_code, json.loads(outcome.stdout)["serial"]) == (0, 1), outcome.output
    assert "no unit has asked for a list yet" in outcome.stderr


def test_lists_shows_what_is_published_for_whom_and_what_units_have(directory: Path, feed: Path) -> None:
    invite(directory, "car-1")
    edge(directory, "publish", str(feed), "--source", "amber", "--for", "car-1", "--new-source")
    ask_for(directory, "car-1", "amber", 1)
    ask_for(directory, "car-2", "stolen")
    rows = [json.loads(line) for line in edge(directory, "lists", "--json").stdout.splitlines()]
    assert [(row["source"], row["serial"], row["units"]) for row in rows] == [
        ("amber", 1, ["car-1"]),
        ("stolen", None, None),
    ]
    assert [(each["unit"], each["serial"]) for each in rows[0]["requests"]] == [("car-1", 1)]
    text = edge(directory, "lists").stdout
    assert "amber: serial 1, published 20" in text
    assert ", for car-1\n  car-1 had serial 1 when it last asked, 20" in text
    assert "stolen: nothing is published, and units ask for it\n  car-2 had serial none" in text
    assert "7ABC123" not in text


def test_a_list_is_withdrawn_once_somebody_agrees_and_its_serials_go_on(directory: Path, feed: Path) -> None:
    for _ in range(2):
        edge(directory, "publish", str(feed), "--source", "amber", "--new-source")
    for answer in ("n\n", ""):
        outcome = edge(directory, "withdraw", "amber", answer=answer)
        assert outcome.exit_code == 1
        assert "nothing was changed; answer y, or pass --yes" in outcome.stderr
    assert edge(directory, "withdraw", "amber", answer="y\n").exit_code == 0
    assert not list((directory / "lists" / "amber").glob("*.complete"))
    missing = edge(directory, "withdraw", "amber", "--yes")
    assert "no such list is published" in missing.stderr
    again = edge(directory, "publish", str(feed), "--source", "amber", "--new-source", "--json")
    assert json.loads(again.stdout)["serial"] == 3
    withdrawn = edge(directory, "withdraw", "amber", "--yes", "--json")
    assert json.loads(withdrawn.stdout) == {"source": "amber", "withdrawn_serial": 3}


def test_a_feed_is_checked_and_compared_where_the_settings_say_how_it_is_read(directory: Path, feed: Path) -> None:
    publish = ("publish", str(feed), "--source", "amber", "--new-source")
    unchecked = edge(directory, *publish, "--dry-run")
    assert (unchecked.exit_code, "no [[feed]] with this name" in unchecked.stderr) == (1, True)
    (directory / "department.toml").write_text('[[feed]]\nname = "amber"\nformat = "generic-csv"\n')
    dry = json.loads(edge(directory, *publish, "--dry-run", "--json").stdout)
    assert (dry["serial"], dry["check"]["added"], dry["check"]["is_compared"]) == (None, 1, True)
    assert edge(directory, "lists").stdout == "amber: nothing is published\n"
    assert json.loads(edge(directory, *publish, "--json").stdout)["check"]["entries"] == 1
    feed.write_text("Plate Number,Description,State/Province\n7ABC123,Stolen,CA\n8ABC123,Stolen,CA\n")
    told = edge(directory, *publish).stdout
    assert "amber: 2 entries: 1 added, 0 removed, 0 changed; the feed does not say when it was made\n" in told
    feed.write_text("no,feed\n")
    refused = edge(directory, *publish)
    assert (refused.exit_code, "refused, nothing is published" in refused.stderr) == (1, True)
    (row,) = [json.loads(line) for line in edge(directory, "lists", "--json").stdout.splitlines()]
    assert (row["serial"], row["published"]["added"], row["published"]["by"][:6]) == (2, 1, "login:")
    assert ", 2 entries, for all units\n" in edge(directory, "lists").stdout


@pytest.mark.parametrize("whom", [("--for", "car-1"), ("--for-all",)])
def test_whom_a_mistyped_list_is_for_is_not_kept(directory: Path, feed: Path, whom: tuple[str, ...]) -> None:
    """The right list would stay open to everybody, and nothing would show it."""
    invite(directory, "car-1")
    ask_for(directory, "car-1", "amber")
    mistyped = edge(directory, "audience", "--source", "ambre", *whom)
    assert (mistyped.exit_code, mistyped.stdout) == (1, "")
    assert "ambre: no unit has asked for a list of this name; units ask for: amber." in mistyped.stderr
    assert edge(directory, "audience").stdout == ""
    assert edge(directory, "publish", str(feed), "--source", "stolen", "--new-source").exit_code == 0
    for words in (("amber", *whom), ("stolen", *whom), ("later", *whom, "--new-source")):
        known = edge(directory, "audience", "--source", *words)
        assert (known.exit_code, known.stderr, known.stdout.split(":")[0]) == (0, "", words[0])


def test_a_list_is_for_no_unit_that_is_not_on_record(directory: Path, feed: Path) -> None:
    """A typing error would take the list away from every car."""
    invite(directory, "car-1")
    published = edge(directory, "publish", str(feed), "--source", "amber", "--for", "car-1", "--new-source")
    assert "amber: serial 1 is published (complete) for car-1\n" in published.stdout
    for words in (("publish", str(feed), "--source", "amber"), ("audience", "--source", "amber")):
        mistyped = edge(directory, *words, "--for", "car-1", "--for", "car1")
        assert (mistyped.exit_code, mistyped.stdout) == (1, "")
        assert mistyped.stderr == "alpr-edge: car1: there is no such unit; see: alpr-edge department unit list\n"
    assert edge(directory, "audience").stdout == "amber: car-1\n"
    assert "(complete) for all units\n" in edge(directory, "publish", str(feed), "--source", "b", "--new-source").stdout


def test_whom_a_list_is_for_that_is_not_there_is_not_told_as_nothing(directory: Path) -> None:
    missing = edge(directory, "audience", "--source", "nosuch")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert missing.stderr == "alpr-edge: nosuch: there is no such list; see: alpr-edge department lists\n"
