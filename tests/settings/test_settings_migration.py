"""Renamed keys: a fault names the new one, and an old file is rewritten with all else as it was."""

import tomllib
from pathlib import Path

import pytest

from alpr_edge.domain.errors import SettingsError
from alpr_edge.settings import keys, parse
from alpr_edge.settings.migration import migrate_text
from alpr_edge.settings.renames import RENAMED_KEYS

EXAMPLE = Path(__file__).parents[2] / "config" / "alpr-edge.toml"
OLD = """\
# top
[power]
# how
"command"   =   "x"  # trailing
every_s = 1.0

[[hotlist.source]]
name = "a"
format = "clew"
every_s = 30 # first
[retention] # room
days=3 # d
[[hotlist.source]]
every_s = 31
name = "b"
format = "clew"
"""
NEW = """\
# top
[power]
# how
ignition_command   =   "x"  # trailing
check_interval_s = 1.0

[[hotlist.source]]
name = "a"
format = "clew"
check_interval_s = 30 # first
[retention] # room
acknowledged_days_max=3 # d
[[hotlist.source]]
check_interval_s = 31
name = "b"
format = "clew"
"""


def renames() -> list[tuple[str, str]]:
    """Old and new dotted names."""
    return [(old, f"{old.rpartition('.')[0]}.{new}") for old, new in RENAMED_KEYS.items()]


def test_a_renamed_key_is_told_by_name() -> None:
    raw = {"retention": {"days": 30.0}, "hotlist": {"source": [{"name": "a", "format": "clew", "every_s": 60}]}}
    with pytest.raises(SettingsError) as excinfo:
        parse(raw, Path("/base"))
    assert excinfo.value.faults == [
        "hotlist.source[0].every_s: was renamed to check_interval_s",
        "retention.days: was renamed to acknowledged_days_max",
    ]


def test_every_new_name_is_a_key_and_no_old_one_is() -> None:
    # A source's keys are keys of a row, which keys() names with the others.
    key_names = set(keys())
    assert {new for _, new in renames()} <= key_names
    assert not {old for old, _ in renames()} & key_names


def test_comments_order_and_layout_stay() -> None:
    text, names = migrate_text(OLD)
    assert text == NEW
    assert names == {
        "power.command": "power.ignition_command",
        "power.every_s": "power.check_interval_s",
        "hotlist.source.every_s": "hotlist.source.check_interval_s",
        "retention.days": "retention.acknowledged_days_max",
    }
    parse(tomllib.loads(text), Path("/base"))


def test_twice_is_as_good_as_once() -> None:
    assert migrate_text(NEW) == (NEW, {})
    example = EXAMPLE.read_text(encoding="utf-8")
    assert migrate_text(example) == (example, {})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("retention.days = 3 # x\n", "retention.acknowledged_days_max = 3 # x\n"),
        (
            "retention = {days = 3, policy_days = 400}",
            "retention = {acknowledged_days_max = 3, unacknowledged_days_max = 400}",
        ),
        ("[retention]\r\ndays = 3\r\n", "[retention]\r\nacknowledged_days_max = 3\r\n"),
        (
            '[hotlist]\nsource = [\n {name = "x", every_s = 3}, # c\n {every_s = 4},\n]\n',
            '[hotlist]\nsource = [\n {name = "x", check_interval_s = 3}, # c\n {check_interval_s = 4},\n]\n',
        ),
        ("[other]\ndays = 3\nevery_s = 4\n", "[other]\ndays = 3\nevery_s = 4\n"),
    ],
)
def test_each_way_to_write_a_table(old: str, new: str) -> None:
    assert migrate_text(old)[0] == new


@pytest.mark.parametrize(("old", "new"), renames())
def test_every_renamed_key_keeps_its_value(old: str, new: str) -> None:
    table, _, key = old.rpartition(".")
    head = "[[hotlist.source]]" if table == "hotlist.source" else f"[{table}]"
    text, names = migrate_text(f"{head}\n{key} = 7\n")
    assert names == {old: new}
    assert text == f"{head}\n{new.rpartition('.')[2]} = 7\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[retention\n", "not valid TOML"),
        (
            "[retention]\ndays = 3\nacknowledged_days_max = 4\n",
            "retention.days: was renamed to acknowledged_days_max, ",
        ),
    ],
)
def test_what_cannot_be_rewritten_is_refused_in_one_line(text: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason) as excinfo:
        migrate_text(text)
    assert len(excinfo.value.faults) == 1
