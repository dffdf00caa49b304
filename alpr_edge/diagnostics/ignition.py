"""Checks the ignition: read as the unit reads it, or judged by the health of a running unit."""

from alpr_edge.app.stages.power import open_ignition
from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.domain.diagnostics.checks import Check, green, red
from alpr_edge.domain.errors import PowerError
from alpr_edge.services.unit_health.daemons import fresh_health
from alpr_edge.settings import Settings

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


def reported_word(settings: Settings) -> str | None:
    """What a running unit reports of the ignition: "on" or "off"; None where it cannot read it, or says nothing."""
    health = fresh_health(settings.unit.runtime_directory)
    word = None if health is None else health.figures.get("ignition")
    return word if word in {"on", "off"} else None


def _check_running(context: CheckContext) -> Check:
    word = reported_word(context.settings)
    if word is None:
        return red("ignition", "alpr-edge run cannot read it: the unit would never power off by itself", _ASK)
    return green("ignition", f"alpr-edge run reads {word}")
