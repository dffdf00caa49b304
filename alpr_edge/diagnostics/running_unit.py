"""Checks what a running unit says of itself: whether it is ready, and what is wrong."""

from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.domain.diagnostics.checks import Check, Grade, green, red

_LIMIT = "green: ready and nothing wrong, red: not ready"


def check_running_unit(context: CheckContext) -> list[Check]:
    """Check whether a running unit is ready; no check of one that does not run, whose parts are checked instead."""
    if not context.running:
        return []
    health = context.health()
    if health is None:
        return [red("unit", "alpr-edge run is running and reports no health", "journalctl -u alpr-edge")]
    if health.working and not health.troubles:
        return [green("unit", "ready")]
    grade = Grade.AMBER if health.working else Grade.RED
    text = f"{'ready' if health.working else 'not ready'}; {health.troubles[0] if health.troubles else 'it starts'}"
    if len(health.troubles) > 1:
        text += f" (and {len(health.troubles) - 1} more)"
    todo = "the table of faults in config/technicians-guide.md"
    return [Check("unit", grade, text, _LIMIT, todo, details=health.troubles)]
