"""One form of JSON, of times, of counts and of tables for all commands."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alpr_edge.cli.output import count_text, json_text, print_lines, print_table, time_text, utc_text

MOMENT = datetime(2026, 5, 4, 18, 0, 0, 120_000, tzinfo=UTC)
LONG_WORD = "x" * 50


@dataclass
class Thing:
    since: datetime | None
    path: Path
    units: frozenset[str]


def test_json_knows_moments_paths_sets_and_dataclasses() -> None:
    thing = Thing(MOMENT.replace(tzinfo=None), Path("/a"), frozenset("ba"))
    expected_object = {"since": "2026-05-04T18:00:00.120Z", "path": "/a", "units": ["a", "b"]}
    assert json.loads(json_text(thing)) == expected_object
    assert json.loads(json_text({"things": [thing]})) == {"things": [expected_object]}
    with pytest.raises(TypeError, match="bytes has no form in JSON"):
        json_text({"a": b""})


def test_a_listing_is_one_object_a_line_and_an_empty_one_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    print_lines([{"a": 1}, {"a": None}])
    print_lines([])
    assert capsys.readouterr().out == '{"a": 1}\n{"a": null}\n'


def test_times_are_utc_with_local_time_beside_for_people() -> None:
    assert utc_text(MOMENT.astimezone(ZoneInfo("America/Los_Angeles"))) == "2026-05-04T18:00:00.120Z"
    assert utc_text(None) is None
    assert time_text(MOMENT, ZoneInfo("America/Los_Angeles")) == "2026-05-04 18:00:00Z (11:00:00 PDT)"
    assert time_text(MOMENT, ZoneInfo("Asia/Tokyo")) == "2026-05-04 18:00:00Z (2026-05-05 03:00:00 JST)"
    assert time_text(MOMENT, UTC) == "2026-05-04 18:00:00Z"
    assert time_text(None) == "unknown"


def test_counts_agree_with_their_noun() -> None:
    assert [count_text(number, "fault") for number in (0, 1, 2)] == ["0 faults", "1 fault", "2 faults"]
    assert count_text(2, "entry", "entries") == "2 entries"


@pytest.mark.parametrize("columns", [20, 60, 80, 120, None])
def test_a_table_wraps_and_cuts_nothing(
    columns: int | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns:
        monkeypatch.setenv("COLUMNS", str(columns))
    words = "many words that wrap where there is a space between two of them and nowhere else"
    rows = [("[camera]", words), (LONG_WORD, "")]
    print_table(("check", "what to do"), rows, [None, "red"], notes=["id of the first row", ""])
    out = capsys.readouterr().out
    assert all(word in out for word in ("[camera]", LONG_WORD, *words.split(), "id of the first row"))
    if (columns or 80) > len(LONG_WORD) + 20:
        assert max(map(len, out.splitlines())) <= (columns or 80)
