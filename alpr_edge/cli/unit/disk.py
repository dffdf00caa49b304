"""``alpr-edge unit disk``: what the car keeps, what waits, what is held, and how long there is room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.item_states import items_text
from alpr_edge.cli.output import count_text, print_object, print_table
from alpr_edge.cli.progress import progress_bar
from alpr_edge.services.disk_explanation import size_text
from alpr_edge.settings import Settings, load

if TYPE_CHECKING:
    from alpr_edge.store.unit_store import UnitStore


def disk_command(settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """Show what is stored, waiting for the department and held, and how long the room lasts. Shows no plates."""
    from alpr_edge.store.unit_store import open_store

    unit = load(settings)
    with open_store(unit, migrate=False) as store:
        usage = _usage(unit, store)
    if as_json:
        print_object(usage)
    else:
        print_table(("item", "state"), list(_rows(usage)))


def _usage(unit: Settings, store: UnitStore) -> dict[str, Any]:
    from alpr_edge.services.disk_usage import SLICES, disk_usage

    with progress_bar("Counting", SLICES) as show:
        figures = disk_usage(store, unit, lambda done: show("Counting", done, SLICES))
    return figures | {"deletion_by_age_rests": _pause_reason(unit, store)}


def _pause_reason(unit: Settings, store: UnitStore) -> str:
    """Why nothing is deleted by age: by the running unit's health, else by this computer's clock."""
    from alpr_edge.app.clock import open_clock
    from alpr_edge.services.disk_usage import deletion_objection
    from alpr_edge.services.unit_health.daemons import fresh_health

    health = fresh_health(unit.unit.runtime_directory)
    reason = None if health is None else health.figures.get("deletion_by_age_rests")
    if reason is not None:
        return str(reason)
    return deletion_objection(store, unit, open_clock(unit).now())


def _rows(figures: dict[str, Any]) -> Iterator[tuple[str, str]]:
    free, total, kept_size, held_size = (
        size_text(figures[f"{name}_bytes"]) for name in ("free", "total", "store", "bound")
    )
    why = figures["explanation"]
    yield "disk", f"{figures['fill']}: {figures['disk_share']:.0%} of {total} used, {free} free"
    yield "space", why["space"]
    yield "limit", why["limit"]
    yield "next", why["next"]
    if why["remedy"]:
        yield "do", why["remedy"]
    yield "reads", f"{count_text(figures['reads'], 'read')} with {count_text(figures['images'], 'image')}, {kept_size}"
    yield "must be kept", f"{held_size}: not acknowledged, or held ({count_text(figures['reads_held'], 'read')})"
    yield "items", items_text({state: figures[f"items_{key}"] for state, key in _ITEM_KEYS.items()})
    yield "on record", f"{count_text(figures['reads_deleted_on_record'], 'read')} deleted without a receipt"
    rests = figures["deletion_by_age_rests"]
    yield "by age", f"deletion paused: {rests}" if rests else "old reads are deleted"
    if figures["days_left"] is not None:
        yield "room for", f"{figures['days_left']:g} days without a link"


_ITEM_KEYS = {"ready": "waiting", "delivered": "acknowledged", "quarantined": "quarantined", "offloaded": "offloaded"}
"""By state in the store, how the JSON of this command names its count."""
