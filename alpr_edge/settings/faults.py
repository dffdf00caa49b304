"""Turns pydantic's errors into lines for the person who edits the file: key path, what was expected, a suggestion."""

import difflib
from collections.abc import Callable, Iterable
from datetime import date
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticUndefined

from alpr_edge.settings.base import FileSchema, Location, without_secrets

INTEGER_BITS_MAX = 64
SHOWN_MAX = 60
"""Characters of a wrong value that a fault repeats."""
_SECRET_WORDS = {"credentials", "key", "password", "secret", "token"}
"""Of a key that names a file with a secret: somebody may have written the secret itself there."""
_TYPES: dict[object, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text in quotes",
    tuple: "a list in brackets",
    dict: "a table of keys",
    date: "a date such as 2026-11-30, without quotes",
    Path: "a path in quotes",
}


def faults_of(error: ValidationError, schema: FileSchema) -> list[str]:
    """One line on each error that a file's values have by its schema."""
    return [_fault(schema, detail) for detail in error.errors()]


def _fault(schema: FileSchema, detail: ErrorDetails) -> str:
    tag = ".kind" if detail["type"].startswith("union_tag") else ""
    explain = _EXPLAINED.get(detail["type"], _wrong_value)
    key = f"{schema.key_path(detail['loc'])}{tag}"
    # A rule over several tables names their keys itself.
    return f"{key}: {explain(schema, detail)}" if key else explain(schema, detail)


def _wrong_value(schema: FileSchema, detail: ErrorDetails) -> str:
    field, value = schema.field_at(detail["loc"]), detail["input"]
    choices = _choices(field)
    if choices:
        return _wrong_choice(value, choices)
    shown = "the value given" if _may_be_secret(detail["loc"]) else value_as_text(value)
    return f"expected {_expectation(field)}, not {shown}{_suggestion(field, value)}"


def _may_be_secret(location: Location) -> bool:
    return not _SECRET_WORDS.isdisjoint(str(location[-1]).split("_"))


def _unknown(schema: FileSchema, detail: ErrorDetails) -> str:
    if (new := schema.current_name(detail["loc"])) is not None:
        return f"was renamed to {new}"
    *above, key = detail["loc"]
    owner = schema.table_at(tuple(above))
    known_keys = list(owner.model_fields) if owner else []
    close = difflib.get_close_matches(str(key), known_keys, n=1)
    return "unknown key; " + (
        f"did you mean {close[0]!r}?" if close else f"known here: {', '.join(sorted(known_keys))}"
    )


def _missing(schema: FileSchema, detail: ErrorDetails) -> str:
    return f"missing; expected {_expectation(schema.field_at(detail['loc']))}"


def _no_kind(schema: FileSchema, detail: ErrorDetails) -> str:
    return f"missing; expected one of {_join_choices(schema.kinds[str(detail['loc'][0])])}"


def _wrong_kind(schema: FileSchema, detail: ErrorDetails) -> str:
    return _wrong_choice(detail["input"]["kind"], schema.kinds[str(detail["loc"][0])])


def _no_tables(schema: FileSchema, detail: ErrorDetails) -> str:
    if not schema.takes_tables(detail["loc"]):
        return _wrong_value(schema, detail)
    return f"expected tables headed [[{schema.key_path(detail['loc'])}]], with double brackets"


def _no_table(schema: FileSchema, detail: ErrorDetails) -> str:
    value = detail["input"]
    if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
        return f"expected one table headed [{schema.key_path(detail['loc'])}], with single brackets"
    return f"expected a table of keys, not {value_as_text(value)}"


def _too_many(schema: FileSchema, detail: ErrorDetails) -> str:
    what = f"[[{schema.key_path(detail['loc'])}]] tables" if schema.takes_tables(detail["loc"]) else "values"
    return f"expected at most {detail['ctx']['max_length']} {what}, not {detail['ctx']['actual_length']}"


def _too_long(schema: FileSchema, detail: ErrorDetails) -> str:
    if len(detail["input"]) <= SHOWN_MAX:
        return _wrong_value(schema, detail)
    return f"expected at most {detail['ctx']['max_length']} characters, not {len(detail['input'])}"


def _broken_rule(_: FileSchema, detail: ErrorDetails) -> str:
    return str(detail["ctx"]["error"])


_EXPLAINED: dict[str, Callable[[FileSchema, ErrorDetails], str]] = {
    "extra_forbidden": _unknown,
    "missing": _missing,
    "union_tag_not_found": _no_kind,
    "union_tag_invalid": _wrong_kind,
    "tuple_type": _no_tables,
    "model_type": _no_table,
    "model_attributes_type": _no_table,
    "too_long": _too_many,
    "string_too_long": _too_long,
    "value_error": _broken_rule,
}
"""Error types of pydantic that say more than "not what was expected"."""


def _wrong_choice(value: Any, choices: Iterable[str]) -> str:  # noqa: ANN401 - whatever TOML holds
    close = difflib.get_close_matches(str(value), list(choices), n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"expected one of {_join_choices(choices)}, not {value_as_text(value)}{hint}"


def _join_choices(choices: Iterable[str]) -> str:
    return ", ".join(repr(choice) for choice in choices)


def _choices(field: FieldInfo | None) -> tuple[str, ...]:
    kind = None if field is None else _single_type(field)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return tuple(str(each.value) for each in kind)
    return get_args(kind) if get_origin(kind) is Literal else ()


def _single_type(field: FieldInfo) -> Any:  # noqa: ANN401 - an annotation
    """The type that a key takes: of a key that stands for None where it is left out, the other one."""
    kind = field.annotation
    if get_origin(kind) in {Union, UnionType}:
        kind = next(each for each in get_args(kind) if each is not NoneType)
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _expectation(field: FieldInfo | None) -> str:
    """What the key takes: its description, or its type and bounds."""
    if field is None:
        return "text in quotes"  # a value of a table whose keys are free, all of which hold texts
    if field.description:
        return field.description
    if choices := _choices(field):
        return f"one of {_join_choices(choices)}"
    kind = _single_type(field)
    return _TYPES.get(get_origin(kind) or kind, _TYPES[Path]) + _bounds(field) + _lengths(field)


def _bounds(field: FieldInfo) -> str:
    limits = {
        name: getattr(item, name) for item in field.metadata for name in ("gt", "ge", "lt", "le") if hasattr(item, name)
    }
    if "gt" in limits:
        upper = f" and below {limits['lt']}" if "lt" in limits else ""
        return f" above {limits['gt']}" + (f", at most {limits['le']}" if "le" in limits else upper)
    lower = f" from {limits['ge']}" if "ge" in limits else ""
    return lower + (f" to {limits['le']}" if "le" in limits else "")


def _lengths(field: FieldInfo) -> str:
    """How long a text or a list may be."""
    what = "characters" if _single_type(field) is str else "values"
    least = next((item.min_length for item in field.metadata if hasattr(item, "min_length")), 0)
    most = next((item.max_length for item in field.metadata if hasattr(item, "max_length")), None)
    if most is None:
        return f", at least {least} {what}" if least else ""
    return f", {least} to {most} {what}" if least else f", at most {most} {what}"


def _suggestion(field: FieldInfo | None, value: Any) -> str:  # noqa: ANN401 - whatever TOML holds
    kind = None if field is None else _single_type(field)
    if kind in {int, float} and isinstance(value, str):
        return "; numbers stand without quotes"
    if kind is int and isinstance(value, float):
        return "; without a decimal point"
    if field is None or field.default is None or field.default is PydanticUndefined:
        return ""
    return f"; the default is {value_as_text(field.default)}"


def value_as_text(value: Any) -> str:  # noqa: ANN401 - whatever TOML holds
    """The value as TOML writes it, cut short; an address with a password in it is not repeated."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return str(list(value))[:SHOWN_MAX]
    if isinstance(value, str | Path):
        return "the address given" if _has_secrets(str(value)) else repr(str(value))[:SHOWN_MAX]
    if isinstance(value, int) and value.bit_length() > INTEGER_BITS_MAX:
        return "a number of more than 64 bits"  # Python writes none of thousands of digits
    return "the value given" if _has_secrets(str(value)) else str(value)[:SHOWN_MAX]


def _has_secrets(text: str) -> bool:
    """Whether a text may be an address with a user, a password, a query or the like."""
    try:
        return "@" in text or ("://" in text and without_secrets(text) != text)
    except ValueError:
        return True  # a broken address: what is in it cannot be told
