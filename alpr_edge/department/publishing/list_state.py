"""How a list stands: what is in force, who published it, whom it is for, and which unit has it since when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alpr_edge.department.heartbeats import UnitHeartbeat
from alpr_edge.department.held_versions import HeldVersion
from alpr_edge.department.hotlists import PublishedList
from alpr_edge.department.list_requests import ListRequest
from alpr_edge.department.publishing.publication_record import PublicationRecord


class Holding(StrEnum):
    """What a unit has of what is published for it."""

    NEWEST = "newest"
    WAITING = "waiting"
    """A newer one is published, and the unit has not taken it yet."""
    NEVER_ASKED = "never_asked"
    """It is meant for the unit, which never asked for it: it has no such source in its settings, or no link since."""
    NOT_FOR_IT = "not_for_it"
    """It asks for a list that is not published, or not for this unit."""


@dataclass(frozen=True, slots=True)
class UnitHolding:
    """What one unit has of a list."""

    unit_id: str
    holding: Holding
    serial: int | None
    """What it took last; 0: none; None: it never asked."""
    since: datetime | None
    """When this server first heard of that serial, UTC; None: not known."""
    asked_at: datetime | None
    """When it last asked, UTC, to the hour while nothing changes."""
    entries: int | None
    """Entries in use by its last heartbeat."""
    heard_at: datetime | None
    """When that heartbeat came, UTC."""


@dataclass(frozen=True, slots=True)
class ListStanding:
    """A source that is published, that a unit asked for, or that the settings have."""

    source: str
    newest: PublishedList | None
    """None: nothing is published."""
    record: PublicationRecord | None
    """What is noted of the newest; None: nothing, as of those of earlier releases."""
    audience: frozenset[str] | None
    """The units that it is meant for; None: all."""
    is_checked: bool
    """Whether the settings say how its feeds are read, so that they are checked before they are published."""
    units: tuple[UnitHolding, ...]

    @property
    def have_newest(self) -> int:
        """How many units have the newest."""
        return sum(each.holding is Holding.NEWEST for each in self.units)

    @property
    def are_waiting(self) -> int:
        """How many units have not taken the newest yet."""
        return sum(each.holding is Holding.WAITING for each in self.units)


@dataclass(frozen=True, slots=True)
class UnitFacts:
    """What is known of units, for all lists at once."""

    requests: Sequence[ListRequest]
    heard: Mapping[str, UnitHeartbeat]
    enrolled: Sequence[str]
    """Units with a valid certificate."""


def unit_holdings(
    source: str,
    newest: PublishedList | None,
    audience: frozenset[str] | None,
    held: Mapping[str, HeldVersion],
    facts: UnitFacts,
) -> tuple[UnitHolding, ...]:
    """What each unit has of a list, by unit; the units that asked for it, and those that it is meant for."""
    requests = {each.unit_id: each for each in facts.requests if each.source == source}
    meant = set(facts.enrolled) if audience is None else set(audience)
    names = {*requests, *(meant if newest is not None else ())}
    return tuple(
        _unit_holding(unit_id, source, requests.get(unit_id), held.get(unit_id), facts.heard.get(unit_id), standard)
        for unit_id in sorted(names)
        for standard in [newest.serial if newest is not None and (audience is None or unit_id in audience) else None]
    )


def _unit_holding(
    unit_id: str,
    source: str,
    request: ListRequest | None,
    held: HeldVersion | None,
    heard: UnitHeartbeat | None,
    newest: int | None,
) -> UnitHolding:
    """What one unit has.

    Args:
        newest: the serial that is published for it; None: there is none.
    """
    in_use = [] if heard is None else [each for each in heard.payload.lists if each.source == source]
    serial = None if request is None else request.serial
    return UnitHolding(
        unit_id,
        _holding(serial, newest),
        serial,
        held.since if held is not None and held.serial == serial else None,
        None if request is None else request.requested_at,
        in_use[0].entries if in_use else None,
        None if heard is None else heard.received_at,
    )


def _holding(serial: int | None, newest: int | None) -> Holding:
    if newest is None:
        return Holding.NOT_FOR_IT
    if serial is None:
        return Holding.NEVER_ASKED
    return Holding.NEWEST if serial == newest else Holding.WAITING
