"""``alpr-edge hotlist list``: entries page by page, for users who may see the list's hits, on record."""

import json
from pathlib import Path
from typing import Any

import pytest

from alpr_edge.domain.people.person import Role, SourcePermission
from tests.hotlist.conftest import Command
from tests.hotlist.feed_texts import csv_text
from tests.staff import PEOPLE, Staff, staff_person

NARROW = staff_person("narrow", Role.OFFICER, sources=frozenset({SourcePermission.DEPARTMENT}))
ROWS = ["7ABC*,Missing,CA,", "7OOO001,BOLO,CA,blue van", "4XYZ123,Stolen,NV,", "9ABC999,Wanted,CA,"]


@pytest.fixture
def listing(command: Command, settings: Path, tmp_path: Path) -> Command:
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f'{text}[[hotlist.source]]\nname = "bolo"\nformat = "generic-csv"\n', encoding="utf-8")
    (tmp_path / "bolo.csv").write_bytes(csv_text(*ROWS, header="Plate,Reason,State,Vehicle"))
    for source in ("bolo", "by-hand"):
        done = command("import", tmp_path / "bolo.csv", "--source", source, "--format", "generic-csv")
        assert done.exit_code == 0, done.output
    return command


def lines_of(command: Command, *arguments: str) -> list[dict[str, Any]]:
    done = command("list", *arguments, "--json")
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_entries_come_by_page_in_the_order_of_plates_and_on_record(listing: Command, signed_in: Staff) -> None:
    lines = lines_of(listing, "bolo", "--limit", "2")
    assert [(line["number"], line["plate"]) for line in lines] == [(1, "4XYZ123"), (2, "7OOO001")]
    assert (lines[1]["reason"], lines[1]["vehicle"], lines[1]["generation"]) == ("other", "blue van", 1)
    assert [line["plate"] for line in lines_of(listing, "bolo", "--from", "3")] == ["9ABC999", "7ABC*"]
    words = listing("list", "bolo", "--limit", "2").stdout.splitlines()
    assert words == [
        "1: 4XYZ123 NV, stolen vehicle",
        "2: 7OOO001 CA, other, blue van, BOLO",
        "bolo generation 1; for more: --from 3",
    ]
    assert listing("list", "bolo", "--from", "5").stdout == "bolo generation 1: no entry to show\n"
    records = [(each.action, each.objects, each.shown) for each in signed_in.records()[-4:]]
    assert records == [("show_entries", ("list:bolo",), shown) for shown in (2, 2, 2, 0)]


def test_a_user_sees_only_lists_of_permitted_sources(listing: Command, signed_in: Staff) -> None:
    signed_in.install(*PEOPLE, NARROW)
    signed_in.sign_in_here("narrow")
    assert len(lines_of(listing, "bolo")) == len(ROWS)
    refused = listing("list", "by-hand")
    assert (refused.exit_code, refused.stdout) == (3, "")
    last = signed_in.records()[-1]
    assert (last.action, last.objects, last.outcome, last.reason) == (
        "show_entries", ("list:by-hand",), "refused", "source",
    )  # fmt: skip


def test_a_covert_list_shows_nothing_unless_asked_for_by_a_cleared_user(
    listing: Command, settings: Path, signed_in: Staff
) -> None:
    with settings.open("a", encoding="utf-8") as file:
        file.write("covert = true\n")
    assert lines_of(listing, "bolo") == []
    assert {line["covert"] for line in lines_of(listing, "bolo", "--covert")} == {True}
    assert signed_in.records()[-1].action == "show_covert_entries"
    signed_in.sign_in_here("supervisor")
    assert listing("list", "bolo", "--covert").exit_code == 3


def test_an_unknown_list_is_one_line_to_those_who_may_see_lists(listing: Command, signed_in: Staff) -> None:
    signed_in.sign_in_here("auditor")
    assert listing("list", "none").exit_code == 3
    signed_in.sign_in_here("chief")
    done = listing("list", "none")
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert "no list is called none" in done.stderr
