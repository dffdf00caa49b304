"""``alpr-edge report``: the same figures as text, JSON, CSV and a page, for those who may, on record."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.settings import load
from alpr_edge.store.access_log.log import open_access_log
from alpr_edge.store.unit_store import open_store
from tests.services.reports.week import Sighting, WeekPlan, rows_of_truth, sightings, store_week
from tests.staff import FOR_AUDIT, Staff
from tests.units import write_bare_unit

DAYS = ("--from", "2026-11-15", "--to", "2026-11-23")
"""The week, and a day beside it for zones of this computer."""
WITHOUT_PLOTS = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "matplotlib":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
from alpr_edge.__main__ import main
sys.argv = ["alpr-edge", *sys.argv[1:]]
main()
"""
"""The command where the extra is not installed."""


@pytest.fixture(scope="module")
def truth() -> list[Sighting]:
    return sightings(5, WeekPlan(120))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory, truth: list[Sighting]) -> Path:
    settings = write_bare_unit(tmp_path_factory.mktemp("report"))
    staff = Staff(settings)
    with open_store(staff.unit, migrate=True) as store:
        store_week(store, truth)
    staff.sign_in_here("chief")
    return settings


def report(settings: Path, *words: str) -> Result:
    return CliRunner().invoke(app, ["report", *words, *FOR_AUDIT, "--settings", str(settings)])


def test_quality_by_hour_has_every_read_as_json_and_csv(settings: Path, truth: list[Sighting], tmp_path: Path) -> None:
    table = tmp_path / "quality.csv"
    done = report(settings, "quality", *DAYS, "--json", "--csv", str(table))
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)["rows"]
    assert sum(row["reads"] for row in told) == len(truth)
    assert {row["camera"] for row in told} == {each.camera for each in truth}
    assert sum(row["judged"] for row in told) == sum(each.is_judged for each in truth)
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert [(row["camera"], row["hour"], row["reads"]) for row in rows] == [
        (row["camera"], str(row["hour"]), str(row["reads"])) for row in told
    ]
    text = report(settings, "quality", *DAYS).stdout
    assert "Camera front, by hour of the day" in text
    assert "is not kept with reads" in text
    assert not [each.text for each in truth if each.text in text or each.text in done.stdout]
    newest = report(settings, "quality", "--json")
    assert (newest.exit_code, json.loads(newest.stdout)["report"]) == (0, "quality")


def test_json_and_csv_have_every_cell(settings: Path, truth: list[Sighting], tmp_path: Path) -> None:
    table = tmp_path / "precision.csv"
    done = report(settings, "precision", *DAYS, "--json", "--csv", str(table))
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    names = ("correct", "misread", "wrong_state", "not_this_vehicle")
    expected = {key: [row[name] for name in names] for key, row in rows_of_truth(truth).items()}
    assert {(row["table"], row["value"]): [row[name] for name in names] for row in told["rows"]} == expected
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    of_reads = [row for row in rows if row["table"] != "pair"]
    assert {(row["table"], row["value"]): [int(row[name]) for name in names] for row in of_reads} == expected
    assert len(rows) - len(of_reads) == len(told["pairs"]) > 0
    assert table.stat().st_mode & 0o077 == 0
    all_rows = next(row for row in told["rows"] if row["table"] == "all")
    assert (all_rows["of"], all_rows["low"] < all_rows["share"] < all_rows["high"]) == (
        sum(expected["all", "all"]),
        True,
    )


def test_text_says_what_it_rests_on_and_what_it_does_not_tell(settings: Path, truth: list[Sighting]) -> None:
    text = report(settings, "precision", *DAYS).stdout
    judged = sum(each.is_judged for each in truth)
    assert f"judged reads: {judged}" in text
    assert "B read as 8" not in text, "in two columns"
    assert "Answers are given to hits alone" in text
    assert not any(each.plate in text for each in truth)


def test_transparency_hides_what_is_small(settings: Path, tmp_path: Path) -> None:
    table = tmp_path / "counts.csv"
    open_report = json.loads(report(settings, "transparency", *DAYS, "--json").stdout)
    done = report(settings, "transparency", *DAYS, "--json", "--small-below", "10", "--csv", str(table))
    hidden = json.loads(done.stdout)
    answers = open_report["tables"]["read_answers"]["rows"]
    small = [row["labels"] for row in answers if row["count"] < 10]
    assert small
    told = {tuple(row["labels"]): row["count"] for row in hidden["tables"]["read_answers"]["rows"]}
    assert all(told[tuple(labels)] is None for labels in small)
    with table.open(newline="", encoding="utf-8") as file:
        rows = {(row["table"], row["label"]): row["count"] for row in csv.DictReader(file)}
    assert rows["read_answers", small[0][0]] == ""
    assert "hidden" in report(settings, "transparency", *DAYS, "--small-below", "10").stdout


def test_a_page_has_tables_and_plots_and_needs_nothing_else(settings: Path, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    done = report(settings, "precision", *DAYS, "--html", str(page))
    assert done.exit_code == 0, done.output
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 7, "six tables of shares and that of pairs"
    assert ">front (" in text, "the texts of plots are texts"
    assert "alpr-edge[reports]" not in text
    assert not re.search(r"(src|href)=\"(?!#)", text.replace("xlink:href", "href")), "nothing from elsewhere"
    assert page.stat().st_mode & 0o077 == 0
    again = tmp_path / "again.html"
    report(settings, "precision", *DAYS, "--html", str(again))
    assert again.read_bytes() == page.read_bytes()


def test_without_the_extra_the_page_has_tables_and_says_how_to_get_plots(settings: Path, tmp_path: Path) -> None:
    page = tmp_path / "tables.html"
    words = ["report", "precision", *DAYS, *FOR_AUDIT, "--settings", str(settings), "--html", str(page)]
    subprocess.run([sys.executable, "-c", WITHOUT_PLOTS, *words], check=True, capture_output=True, env=os.environ)
    text = page.read_text(encoding="utf-8")
    assert "<svg" not in text
    assert "pip install &#34;alpr-edge[reports]&#34;" in text
    assert "<td>rear</td>" in text


def test_a_month_is_named_by_itself(settings: Path) -> None:
    told = json.loads(report(settings, "precision", "--month", "2026-11", "--json").stdout)
    assert (told["since"], told["until"]) == ("2026-11-01", "2026-11-30")
    assert told["coverage"]["judged_reads"] > 0
    empty = json.loads(report(settings, "precision", "--month", "2026-09", "--json").stdout)
    assert (empty["rows"], empty["coverage"]["reads"]) == ([], 0)
    assert "none" in report(settings, "precision", "--month", "2026-09").stdout


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("precision",), 1, "give the days: --from and --to, or --month"),
        (("precision", "--from", "2026-11-01"), 1, "give the days"),
        (("precision", *DAYS, "--month", "2026-11"), 1, "give --month, or --from and --to"),
        (("precision", "--month", "2026-13"), 1, "not a month"),
        (("transparency", "--from", "2026-11-02", "--to", "2026-11-01"), 1, "before the first"),
        (("precision", "--month", "9999-12"), 1, "beyond the calendar"),
        (("quality", "--month", "0001-01"), 1, "beyond the calendar"),
        (("transparency", "--from", "9999-12-31", "--to", "9999-12-31"), 1, "beyond the calendar"),
        (("precision", "--from", "0001-01-01", "--to", "0001-01-02"), 1, "beyond the calendar"),
        (("precision", *DAYS, "--html", "/nowhere/report.html"), 1, "cannot be written"),
        (("precision", *DAYS, "--csv", "/nowhere/report.csv"), 1, "cannot be written"),
        (("transparency", *DAYS, "--small-below", "2"), 2, "3 at least"),
        (("precision", "--from", "yesterday", "--to", "2026-11-01"), 2, "is no day"),
    ],
)
def test_what_cannot_be_done_is_told(settings: Path, words: tuple[str, ...], code: int, says: str) -> None:
    done = report(settings, *words)
    assert (done.exit_code, done.stdout) == (code, "")
    assert says in done.stderr
    told = [line for line in done.stderr.splitlines() if not line.startswith("level=")]
    assert code == 2 or len(told) == 1


@pytest.mark.parametrize("words", [("--month", "9999-12"), ("--from", "0001-01-01", "--to", "0001-01-02")])
def test_days_beyond_the_calendar_leave_nothing_on_record(settings: Path, words: tuple[str, ...]) -> None:
    with open_access_log(load(settings), migrate=False) as log:
        before = log.head().size
        assert report(settings, "transparency", *words).exit_code == 1
        assert log.head().size == before


@pytest.mark.parametrize("day", ["9999-12-29", "0001-01-02"])
def test_the_days_before_an_end_of_the_calendar_have_a_report(settings: Path, day: str) -> None:
    for name in ("transparency", "quality", "precision"):
        done = report(settings, name, "--from", day, "--to", day, "--json")
        assert (done.exit_code, json.loads(done.stdout)["since"]) == (0, day)


def test_it_needs_a_purpose_and_is_on_record(settings: Path) -> None:
    done = CliRunner().invoke(app, ["report", "precision", *DAYS, "--settings", str(settings)])
    assert done.exit_code == 3
    refused = CliRunner().invoke(
        app, ["report", "precision", *DAYS, "--purpose", "stolen_vehicle", "--settings", str(settings)]
    )
    assert (refused.exit_code, refused.stdout) == (3, "")
