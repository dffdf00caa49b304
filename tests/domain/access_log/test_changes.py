"""Changes of what a unit works by: their names, their texts, and the records that carry them."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.access_log.changes import (
    COMPARED,
    NONE,
    VALUE_CHARACTERS_MAX,
    Subject,
    changes_between,
    in_records,
    secret_digest,
    subject_of,
    value_name,
    value_text,
)
from alpr_edge.domain.access_log.records import CHANGES_MAX, RecordedChange

values = st.dictionaries(st.text("abc", min_size=1, max_size=3), st.text("xyz", min_size=1, max_size=3))


@pytest.mark.parametrize("subject", Subject)
def test_a_name_tells_what_it_is_of(subject: Subject) -> None:
    assert value_name(subject) == subject.value
    assert value_name(subject, "a:b") == f"{subject.value}:a:b"
    assert subject_of(value_name(subject)) == subject_of(value_name(subject, "a:b")) == subject


def test_what_is_only_recorded_is_not_compared() -> None:
    assert set(Subject) - COMPARED == {"list_change", "entry", "lock", "model_choice", "added_model"}


def test_a_value_is_json_on_one_line_with_keys_in_order() -> None:
    assert value_text({"b": [1, None], "a": "x\ny"}) == '{"a": "x\\ny", "b": [1, null]}'


def test_a_long_value_stands_as_its_length_and_digest() -> None:
    whole = "x" * (VALUE_CHARACTERS_MAX - 2)
    assert value_text(whole) == f'"{whole}"'
    text = json.dumps(whole + "x")
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert value_text(whole + "x") == f"201 characters, sha256:{digest[:32]}"


def test_a_secret_is_told_from_another_only_by_who_has_the_key() -> None:
    # RFC 4231, test case 2.
    assert secret_digest(b"Jefe", "what do ya want for nothing?") == "hmac:5bdcc146bf60754e6a042426089575c7"
    assert secret_digest(b"key", "7ABC123") == secret_digest(b"key", "7ABC123")
    assert secret_digest(b"key", "7ABC123") != secret_digest(b"key", "7ABC124")
    assert secret_digest(b"key", "7ABC123") != secret_digest(b"other", "7ABC123")


@given(values, values)
def test_changes_lead_from_one_set_of_values_to_the_other(before: dict[str, str], after: dict[str, str]) -> None:
    changes = changes_between(before, after)
    assert [change.name for change in changes] == sorted({change.name for change in changes})
    assert all(change.before == before.get(change.name, NONE) for change in changes)
    assert all(change.before != change.after for change in changes)
    changed = before | {change.name: change.after for change in changes}
    assert {name: value for name, value in changed.items() if value != NONE} == after


@pytest.mark.parametrize("count", [0, 1, CHANGES_MAX, CHANGES_MAX + 1, 2 * CHANGES_MAX, 2 * CHANGES_MAX + 1])
def test_changes_are_spread_over_as_few_records_as_hold_them(count: int) -> None:
    changes = tuple(RecordedChange(name=f"n{number}", before="", after="x") for number in range(count))
    parts = list(in_records(changes))
    assert sum(parts, ()) == changes
    assert len(parts) == -(-count // CHANGES_MAX)
    assert all(0 < len(part) <= CHANGES_MAX for part in parts)
