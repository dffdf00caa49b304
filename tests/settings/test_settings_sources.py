from pathlib import Path
from typing import Any

import pytest

from alpr_edge.settings import file_faults, parse
from tests.settings.test_settings import CONFIG, only_fault, shipped_file_with_examples

SOURCE = {"name": "svs", "format": "clew"}


def test_the_commented_source_shows_the_defaults() -> None:
    (source,) = parse(shipped_file_with_examples(), CONFIG.parent).hotlist.source
    assert (source.department, source.url, source.check_interval_s, source.bytes_max) == (False, "", 900.0, 268_435_456)


@pytest.mark.parametrize(
    ("sources", "fault"),
    [
        (
            [SOURCE | {"check_intervals_s": 5}],
            "hotlist.source[0].check_intervals_s: unknown key; did you mean 'check_interval_s'?",
        ),
        ([SOURCE, {"name": "two"}], "hotlist.source[1].format: missing; expected a name of letters"),
        (
            [SOURCE | {"check_interval_s": 1}],
            "hotlist.source[0].check_interval_s: expected a number from 10 to 86400, not 1",
        ),
        ([SOURCE | {"url": "http://a"}], "hotlist.source[0].url: expected an address that begins with https://"),
        ([SOURCE | {"url": "https://a", "department": True}], "hotlist.source[0]: department = true and url exclude"),
        ([SOURCE | {"key_file": "a"}], "hotlist.source[0]: certificate_file and key_file belong together"),
        ([SOURCE, SOURCE], "hotlist.source: name 'svs' is given to more than one source"),
        ([SOURCE] * 33, "hotlist.source: expected at most 32"),
        ({}, "hotlist.source: expected tables headed [[hotlist.source]], with double brackets"),
    ],
)
def test_faults_of_sources_name_their_place(sources: Any, fault: str) -> None:  # noqa: ANN401 - as TOML has it
    assert only_fault({"hotlist": {"source": sources}}).startswith(fault)


@pytest.mark.parametrize("key", [{"reasons": ["gang", "immigration_violator"]}, {"reason": "immigration_violator"}])
def test_no_list_may_let_in_a_reason_that_the_profile_bars(key: dict[str, object]) -> None:
    (name,) = key
    assert only_fault({"hotlist": {"source": [SOURCE | {"name": "own"}, SOURCE | key]}}) == (
        f"hotlist.source[1].{name}: 'immigration_violator' is barred by the profile california: immigration enforcement"
        " (Government Code 7284.6)"
    )
    # A code may mean it: then its lines are known, and withheld.
    assert parse({"hotlist": {"source": [SOURCE | {"codes": {"IM": "immigration_violator"}}]}}, CONFIG.parent)


def test_files_of_a_source_are_looked_for(tmp_path: Path) -> None:
    names = {"folder": "drop", "url": "https://a", "ca_file": "ca", "certificate_file": "c", "key_file": "k"}
    settings = parse({"hotlist": {"source": [SOURCE | names]}}, tmp_path)
    faults = [fault for fault in file_faults(settings) if fault.startswith("hotlist")]
    assert [fault.split(":")[0].removeprefix("hotlist.source[0].") for fault in faults] == [
        "folder",
        "ca_file",
        "certificate_file",
        "key_file",
    ]
