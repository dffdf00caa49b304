"""The settings in force as named values: every key, those with their default too, with secrets as digests."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from alpr_edge.domain.access_log.changes import Subject, value_name, value_text
from alpr_edge.settings import Settings

_NAMED_BY = ("id", "name")
"""Keys that name a table of several: a camera, a list."""
_LOGIN = re.compile(r"(?<=://)[^/?#]*@")
_QUERY = re.compile(r"\?.*", re.DOTALL)
Digest = Callable[[str], str]
"""Makes what stands in place of a secret."""


def settings_values(settings: Settings, digest: Digest) -> dict[str, str]:
    """Every key with its value, such as ``settings:camera[front].fps`` and ``30.0``.

    Args:
        digest: makes what stands in place of a secret.
    """
    document = settings.model_dump(mode="json")
    return {value_name(Subject.SETTINGS, path): _text(value, digest) for path, value, _ in _flatten(document, {}, "")}


def stated_keys(settings: Settings, own: Mapping[str, Any]) -> set[str]:
    """The keys, as :func:`settings_values` names them, that a file gives by itself; the others have their default."""
    document = settings.model_dump(mode="json")
    return {value_name(Subject.SETTINGS, path) for path, _, is_stated in _flatten(document, own, "") if is_stated}


def key_of_setting(name: str) -> str:
    """The key of the file that a value is of."""
    return name.removeprefix(f"{Subject.SETTINGS}:")


def _flatten(value: Any, own: Any, path: str) -> Iterator[tuple[str, Any, bool]]:  # noqa: ANN401 - values of JSON
    """Each path with its value, and whether ``own``, what a file says in this place, has it; None: nothing there."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _flatten(item, _part(own, name), f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        for place, item in enumerate(value):
            yield from _flatten(item, _part(own, place), f"{path}[{_name_of(item, place)}]")
    else:
        yield path, value, own is not None


def _part(own: Any, place: str | int) -> Any:  # noqa: ANN401 - likewise
    if isinstance(own, Mapping):
        return own.get(str(place))
    return own[place] if isinstance(own, list) and isinstance(place, int) and place < len(own) else None


def _name_of(table: Mapping[str, Any], place: int) -> str:
    return next((str(table[key]) for key in _NAMED_BY if key in table), str(place))


def _text(value: Any, digest: Digest) -> str:  # noqa: ANN401 - likewise
    """A value as a record has it; of an address the login and the query, which may hold passwords, as digests."""
    if isinstance(value, str) and "://" in value:
        value = _LOGIN.sub(lambda match: f"{digest(match[0])}@", value)
        value = _QUERY.sub(lambda match: f"?{digest(match[0])}", value)
    return value_text(value)
