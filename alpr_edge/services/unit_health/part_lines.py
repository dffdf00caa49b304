"""Makes lines of health: a part that is well, one that is not, and the faults that a daemon told of."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from alpr_edge.domain.diagnostics.unit_parts import PartHealth, PartState, UnitPart, gravest
from alpr_edge.runtime.health import Health

DAY_S = 86_400.0
TECHNICIAN = "Tell a technician."
BESIDE_READING = {UnitPart.LINK, UnitPart.CERTIFICATES, UnitPart.PAGE}
"""Parts that other daemons tell of, and whose faults the daemon of the cameras sounds as well."""


def well(part: UnitPart, words: str, finding: str = "", name: str = "") -> PartHealth:
    """A part that is as it should be."""
    return PartHealth(part, name or part.value, PartState.WELL, words, finding or words)


def unknown(part: UnitPart, why: str, name: str = "") -> PartHealth:
    """A part of which nothing tells."""
    return PartHealth(part, name or part.value, PartState.UNKNOWN, "not known", why)


def attention(part: UnitPart, words: str, finding: str, todo: str, name: str = "") -> PartHealth:
    """A part that somebody has to look at."""
    return PartHealth(part, name or part.value, PartState.ATTENTION, words, finding, todo)


def fault(part: UnitPart, words: str, finding: str, todo: str, name: str = "") -> PartHealth:
    """A part that does not work."""
    return PartHealth(part, name or part.value, PartState.FAULT, words, finding, todo)


def told_parts(health: Health) -> list[PartHealth]:
    """The faults that the daemon of the cameras told of; none of a release before, which told lines alone."""
    told = health.figures.get("faults", [])
    return [
        PartHealth(
            _part_of(each["part"]),
            str(each["name"]),
            PartState(each["state"]),
            str(each["words"]),
            str(each["text"]).removeprefix(f"{each['subject']}: "),
            str(each["todo"]),
        )
        for each in told
    ]


def _part_of(text: object) -> UnitPart:
    """A part by its name; one that only another release knows is told of as the reader's."""
    return next((part for part in UnitPart if part.value == text), UnitPart.READER)


def merge(lines: Iterable[PartHealth], faults: Sequence[PartHealth]) -> list[PartHealth]:
    """Lines of which those that have faults say so, and lines for faults of parts that have none."""
    merged: dict[str, PartHealth] = {line.name: line for line in lines}
    for name in dict.fromkeys(each.name for each in faults):
        merged[name] = _join([each for each in (merged.get(name), *faults) if each is not None and each.name == name])
    return list(merged.values())


def _join(lines: Sequence[PartHealth]) -> PartHealth:
    """One line of several of the same part: the words of the gravest, and what all of those that are bad say."""
    state = gravest(line.state for line in lines)
    first = next(line for line in lines if line.state is state)
    bad = [line for line in lines if line.is_bad] or [first]
    findings, todos = (dict.fromkeys(texts) for texts in zip(*((line.finding, line.todo) for line in bad), strict=True))
    return PartHealth(
        first.part, first.name, state, first.words, "; ".join(findings), " ".join(todo for todo in todos if todo)
    )


def days_until(text: object, now: datetime | None = None) -> float | None:
    """Days until a moment that a health file tells by RFC 3339; None where it tells none.

    Args:
        now: the present time; None: by this computer's clock.
    """
    if not isinstance(text, str):
        return None
    return (datetime.fromisoformat(text) - (now or datetime.now(UTC))).total_seconds() / DAY_S


def number(figures: Mapping[str, Any], name: str) -> int:
    """A count of a health file; 0 where it is not known."""
    value = figures.get(name)
    return value if isinstance(value, int) else 0
