"""``alpr-edge audit``: verify, key, prove and check, over the log of a unit."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from alpr_edge.domain.access_log.reports import week_of
from alpr_edge.domain.instants import UtcSource
from alpr_edge.settings import load
from alpr_edge.store.access_log.checkpoints import CheckpointSigner, load_signing_key
from alpr_edge.store.access_log.log import AccessLog, open_access_log
from alpr_edge.store.unit_store import open_store
from tests.domain.access_log.entries import entry
from tests.staff import Staff, stating
from tests.store.records import instant
from tests.units import write_bare_unit


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = write_bare_unit(tmp_path)
    with open_store(load(path), migrate=True):
        pass
    return path


@pytest.fixture
def log(settings: Path) -> Iterator[AccessLog]:
    """Of five accesses, which are signed for; somebody who may look at it is signed in."""
    Staff(settings).sign_in_here()
    unit = load(settings)
    with open_access_log(unit, migrate=True) as open_log:
        for number in range(5):
            open_log.append(entry(number), instant(number))
        CheckpointSigner(open_log, load_signing_key(unit.store.keys_directory)).sign()
        yield open_log


def audit(*words: str) -> Result:
    return CliRunner().invoke(app, stating("audit", *words))


def test_a_whole_log_verifies(log: AccessLog, settings: Path) -> None:
    done = audit("verify", "--settings", str(settings))
    assert (done.exit_code, done.stdout) == (0, "5 records, 1 checkpoint; none is cosigned: all as written\n")
    told = json.loads(audit("verify", "--json", "--settings", str(settings)).stdout)
    assert told == {"ok": True, "result": {"records": 5, "checkpoints": 1, "cosigned": 0, "findings": []}}


def test_a_rewritten_log_does_not(log: AccessLog, settings: Path) -> None:
    with log.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER records_are_not_removed")
        connection.exec_driver_sql("DELETE FROM records WHERE sequence = 2")
    done = audit("verify", "--settings", str(settings))
    assert done.exit_code == 1
    assert "record 2 is missing" in done.stdout
    assert "NOT as written" in done.stdout


def test_a_kept_checkpoint_finds_a_cut(log: AccessLog, settings: Path, tmp_path: Path) -> None:
    unit = load(settings)
    kept = tmp_path / "kept.note"
    log.append(entry(5), instant())
    stored = CheckpointSigner(log, load_signing_key(unit.store.keys_directory)).sign()
    assert stored is not None
    kept.write_text(stored.note.whole, encoding="utf-8")
    words = ("verify", "--settings", str(settings), "--checkpoint", str(kept))
    assert audit(*words).exit_code == 0
    with log.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER records_are_not_removed")
        connection.exec_driver_sql("DELETE FROM records WHERE sequence = 5")
        connection.exec_driver_sql("DELETE FROM checkpoints WHERE size = 6")
    assert "its end was cut off" in audit(*words).stdout
    kept.write_text("no checkpoint\n", encoding="utf-8")
    assert "not a signed note" in audit(*words).stderr


def test_a_record_is_proved_on_another_computer(log: AccessLog, settings: Path, tmp_path: Path) -> None:
    proof, key = tmp_path / "record.tlog-proof", tmp_path / "log.key"
    proof.write_text(audit("prove", "3", "--settings", str(settings)).stdout, encoding="utf-8")
    key.write_text(audit("key", "--settings", str(settings)).stdout, encoding="utf-8")
    told = json.loads(audit("check", str(proof), "--key", str(key), "--json").stdout)
    assert (told["ok"], told["sequence"], told["records"], told["cosigned"]) == (True, 3, 5, None)
    assert (told["record"]["sequence"], told["record"]["person"]) == (3, "Núñez, A.")
    text = audit("check", str(proof), "--key", key.read_text(encoding="utf-8").strip()).stdout
    assert f"record 3 of 5 in {log.origin}: proved" in text
    proof.write_text(proof.read_text(encoding="utf-8").replace("index 3", "index 2"), encoding="utf-8")
    done = audit("check", str(proof), "--key", str(key))
    assert (done.exit_code, "does not lead" in done.stderr) == (1, True)


def test_a_look_at_a_record_is_on_record_itself(log: AccessLog, settings: Path) -> None:
    told = json.loads(audit("prove", "1", "--json", "--settings", str(settings)).stdout)
    assert told["proof"].startswith("c2sp.org/tlog-proof@v1\nextra ")
    last = log.read(5, 10)
    assert len(last) == 1
    assert b'"action":"prove_record"' in last[0].body
    assert b'"objects":["record:1"]' in last[0].body
    assert audit("verify", "--settings", str(settings)).exit_code == 0


def test_a_cosignature_that_is_asked_for_has_to_be_there(log: AccessLog, settings: Path, tmp_path: Path) -> None:
    proof = tmp_path / "record.tlog-proof"
    told = json.loads(audit("prove", "3", "--json", "--settings", str(settings)).stdout)
    proof.write_text(told["proof"], encoding="utf-8")
    done = audit("check", str(proof), "--key", told["key"], "--witness", told["key"])
    assert (done.exit_code, "not a cosignature" in done.stderr or "not cosigned" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("prove", "77"), "has no record 77"),
        (("verify", "--key", "a+b+c"), "not a verifier key"),
        (("verify", "--key", "nowhere"), "cannot be read"),
        (("verify", "--checkpoint", "nowhere"), "cannot be read"),
    ],
)
def test_what_cannot_be_done_is_one_line(log: AccessLog, settings: Path, words: tuple[str, ...], answer: str) -> None:
    done = audit(*words, "--settings", str(settings))
    assert done.exit_code == 1
    assert answer in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_log_that_nothing_was_signed_of_has_no_key(settings: Path) -> None:
    with open_access_log(load(settings), migrate=True):
        done = audit("key", "--settings", str(settings))
    assert (done.exit_code, "no checkpoint yet" in done.stderr) == (1, True)


def test_a_report_counts_and_goes_on_record(log: AccessLog, settings: Path) -> None:
    log.append(entry(0, query="7ABC123", case=""), instant())
    log.append(entry(0, query="7ABC123", case=""), instant())
    words = ("report", "--from", "2026-05-01", "--to", "2026-05-31", "--settings", str(settings))
    text = audit(*words).stdout
    assert "7 records" in text
    assert "the same plate again without a case: Núñez, A., 2 times, records 5 to 6" in text
    assert "7ABC123" not in text
    told = json.loads(audit(*words, "--json", "--sample", "2").stdout)
    assert (told["records"], len(told["sample"]), told["unreviewed_weeks"]) == (7, 2, ["2026-W19"])
    assert [b'"action":"report_log"' in record.body for record in log.read(7, 10)] == [True, True]


def test_accesses_whose_clock_was_wrong_are_in_the_report_on_the_days_in_which_they_were_made(
    log: AccessLog, settings: Path
) -> None:
    wrong = replace(instant(60_000), utc=datetime(2024, 1, 1, tzinfo=UTC), utc_source=UtcSource.RTC)
    assert log.append(entry(), wrong).received.boot_id == wrong.boot_id
    log.append(entry(), replace(wrong, boot_id="another"))
    words = ("report", "--from", "2026-05-01", "--to", "2026-05-31", "--settings", str(settings))
    told = json.loads(audit(*words, "--json").stdout)
    assert (told["records"], told["dated_by_boot"], told["clock_not_confirmed"]) == (7, [5], [6])
    text = audit(*words).stdout
    assert "clock not confirmed: 1 (records 6)" in text
    assert "dated by another record of the same boot: 1 (records 5)" in text


def test_a_page_to_print_names_records_and_shows_what_it_is_given_as_text(
    log: AccessLog, settings: Path, tmp_path: Path
) -> None:
    log.append(entry(5, person="<b>Lee</b>", reason="flagged protest"), instant())
    page = tmp_path / "report.html"
    words = ("report", "--from", "2026-05-01", "--to", "2026-05-31", "--settings", str(settings), "--page", str(page))
    done = audit(*words)
    assert done.exit_code == 0, done.output
    text = page.read_text(encoding="utf-8")
    assert "&lt;b&gt;Lee&lt;/b&gt;" in text
    assert "<b>Lee" not in text
    assert "hints at a barred purpose</th><td>5</td>" in text
    assert log.head().root.hex() not in text, "the look itself is a record by now"
    seed = next(line for line in done.stdout.splitlines() if "drawn by the log's root at 6 records" in line)
    assert seed.rpartition(" ")[2] in text
    assert b"sample:10:6:" + seed.rpartition(" ")[2].encode() in log.read(6, 1)[0].body
    assert page.stat().st_mode & 0o077 == 0
    page.unlink()
    page.mkdir()
    assert "cannot be written" in audit(*words).stderr


def test_a_review_goes_on_record_and_the_week_is_reviewed(log: AccessLog, settings: Path) -> None:
    done = audit("review", "2026-W19", "--note", "nothing stood out", "--settings", str(settings))
    assert (done.exit_code, "2026-W19: reviewed by" in done.stdout) == (0, True)
    words = ("report", "--from", "2026-05-01", "--to", "2026-05-31", "--settings", str(settings), "--json")
    assert json.loads(audit(*words).stdout)["unreviewed_weeks"] == []
    told = json.loads(audit("review", "2026-W19", "--note", "again", "--settings", str(settings), "--json").stdout)
    assert told["week"] == "2026-W19"


@pytest.mark.parametrize("days", [0, 7, 20_000], ids=["this week", "the next", "in decades"])
def test_a_week_that_is_not_over_is_not_reviewed(log: AccessLog, settings: Path, days: int) -> None:
    week = week_of((datetime.now(UTC) + timedelta(days=days)).date())
    done = audit("review", week, "--note", "nothing stood out", "--settings", str(settings))
    assert (done.exit_code, done.stdout) == (1, ""), done.output
    assert done.stderr.startswith(f"alpr-edge: {week}: is not over by this unit's clock (")
    assert log.head().size == 5, "nothing is on record"


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("report", "--from", "2026-05-02", "--to", "2026-05-01"), "before the first"),
        (("report", "--from", "2026-05-01", "--to", "2026-05-01", "--hours", "day"), "expected hours"),
        (("report", "--from", "2026-05-01", "--to", "2026-05-01", "--hours", "06:00Z-22:00"), "without a time zone"),
        (
            ("report", "--from", "2026-05-01", "--to", "2026-05-01", "--hours", "06:00-22:00+02:00"),
            "without a time zone",
        ),
        (("report", "--from", "2026-05-01", "--to", "2026-05-01", "--hours", "06:00Z-22:00Z"), "without a time zone"),
        (("report", "--from", "9999-12-31", "--to", "9999-12-31"), "beyond the calendar"),
        (("report", "--from", "0001-01-01", "--to", "0001-01-31"), "beyond the calendar"),
        (("review", "week", "--note", "x"), "not a week"),
        (("review", "2026-W19", "--note", " "), "the note is empty"),
        (("review", "2026-W19", "--note", "she drives 7ABC 123"), "seems to name a plate"),
    ],
)
def test_a_report_that_cannot_be_is_one_line(
    log: AccessLog, settings: Path, words: tuple[str, ...], answer: str
) -> None:
    done = audit(*words, "--settings", str(settings))
    assert (done.exit_code, answer in done.stderr) == (1, True)
    assert len(done.stderr.splitlines()) == 1
    assert log.head().size == 5, "nothing is on record"


@pytest.mark.parametrize("day", ["9999-12-29", "0001-01-02"])
def test_the_days_before_an_end_of_the_calendar_have_a_report(log: AccessLog, settings: Path, day: str) -> None:
    done = audit("report", "--from", day, "--to", day, "--json", "--settings", str(settings))
    assert (done.exit_code, json.loads(done.stdout)["since"]) == (0, day)
