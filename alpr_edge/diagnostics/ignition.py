"""Checks the ignition: read as the unit reads it, or judged by the health of a running unit."""

from alpr_edge.app.stages.power import open_ignition
from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.domain.diagnostics.checks import Check, green, red
from alpr_edge.domain.errors import PowerError

_ASK = "alpr-edge unit ignition, with the key on and off; check [power] and wiring"


def check_ignition(context: CheckContext) -> list[Check]:
    """Check whether the ignition can be read; no check for a unit that runs until its power goes."""
    if context.settings.power.ignition == "none":
        return []
    if context.running:
        return [_check_running(context)]
    try:
        ignition = open_ignition(context.settings)
        is_on = ignition is None or ignition.is_on()
    except PowerError as error:
        return [red("ignition", f"cannot be read: {error}", _ASK)]
    return [green("ignition", "is on" if is_on else "is off")]


def _check_running(context: CheckContext) -> Check:
    health = context.health()
    word = "unknown" if health is None else str(health.figures.get("ignition"))
    if word not in {"on", "off"}:
        return red("ignition", "alpr-edge run cannot read it: the unit would never power off by itself", _ASK)
    return green("ignition", f"alpr-edge run reads {word}")
