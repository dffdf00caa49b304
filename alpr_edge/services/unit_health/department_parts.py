"""What the daemons beside the network tell: the link to the department, the queue, certificates, the page."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from alpr_edge.domain.diagnostics.checks import CERTIFICATE_DAYS, Grade
from alpr_edge.domain.diagnostics.unit_parts import PartHealth, PartState, UnitPart
from alpr_edge.runtime.health import Health
from alpr_edge.services.unit_health.daemons import CONSOLE, RUN, UPLINK
from alpr_edge.services.unit_health.part_lines import (
    BESIDE_READING,
    TECHNICIAN,
    attention,
    days_until,
    fault,
    merge,
    number,
    told_parts,
    unknown,
    well,
)
from alpr_edge.settings import Settings
from alpr_edge.uplink.uploader import Link

Reports = dict[str, Health | None]

_NO_DEPARTMENT = "the settings name no department: nothing is sent"
_STATES = {
    Grade.GREEN: PartState.WELL,
    Grade.AMBER: PartState.ATTENTION,
    Grade.RED: PartState.FAULT,
    Grade.SKIPPED: PartState.UNKNOWN,
}


def department_parts(settings: Settings, told: Reports, now: datetime | None = None) -> list[PartHealth]:
    """The parts that have to do with the department, and the page.

    Args:
        told: what each daemon that is due says; None for one that does not run.
        now: the present time; None: by this computer's clock.
    """
    lines = [_queue(settings, told), *_link(settings, told.get(UPLINK)), _certificates(settings, told, now)]
    lines += [_page(told[CONSOLE])] if CONSOLE in told else []
    return merge(lines, list(_new_faults(told.get(RUN), lines)))


def _new_faults(run: Health | None, lines: list[PartHealth]) -> Iterator[PartHealth]:
    """What the daemon of the cameras sounds of these parts, and no line says already."""
    for each in [] if run is None else told_parts(run):
        if each.part in BESIDE_READING and not any(each.finding in line.finding for line in lines):
            yield each


def _queue(settings: Settings, told: Reports) -> PartHealth:
    """What waits to be sent: by the daemon that sends, else by the one that reads."""
    part, uplink, run = UnitPart.QUEUE, told.get(UPLINK), told.get(RUN)
    if uplink is not None:
        waiting, aside = uplink.figures.get("waiting"), number(uplink.figures, "quarantined")
    elif run is not None:
        waiting, aside = run.figures.get("outbox_ready"), number(run.figures, "outbox_quarantined")
    else:
        return unknown(part, "the daemon that reports it is not running")
    if waiting is None:
        return unknown(part, "not counted yet")
    text = f"{waiting:,} {'item waits' if waiting == 1 else 'items wait'} for the department"
    if aside:
        return attention(part, f"{aside:,} set aside", f"{text}; {aside:,} were refused and are kept", TECHNICIAN)
    return well(part, f"{waiting:,} waiting", text if settings.uplink.url else f"{text}; {_NO_DEPARTMENT}")


def _link(settings: Settings, health: Health | None) -> list[PartHealth]:
    """The link, and what else the daemon that sends tells of."""
    part = UnitPart.LINK
    if not settings.uplink.url:
        return [well(part, "none", _NO_DEPARTMENT)]
    if health is None or not health.ready:
        text = "the uplink is not running: reads wait on board"
        return [fault(part, "not running", text, f"It restarts by itself. {TECHNICIAN}")]
    others = [line for line in health.troubles if not line.startswith("link ")]
    more = [attention(part, "partly failing", "; ".join(others), TECHNICIAN)] if others else []
    return merge([_link_state(health.figures.get("link"), str(health.figures.get("last_error", "")))], more)


def _link_state(link: object, reason: str) -> PartHealth:
    part = UnitPart.LINK
    if link == Link.UP:
        return well(part, "works", "the department answers")
    if link == Link.UNAUTHORISED:
        return fault(part, "not accepted", f"the department does not accept this unit: {reason}", TECHNICIAN)
    if link == Link.DOWN:
        todo = "Reads wait on board and are sent later. If it persists where there is a network, tell a technician."
        return attention(part, "no link", f"the department cannot be reached: {reason}", todo)
    return unknown(part, "nothing sent yet")


def _certificates(settings: Settings, told: Reports, now: datetime | None) -> PartHealth:
    """The certificates of the unit and of its page, the one that ends first decides; and why one is not renewed."""
    part, uplink, console = UnitPart.CERTIFICATES, told.get(UPLINK), told.get(CONSOLE)
    days: dict[str, Any] = {
        "unit": None if uplink is None else uplink.figures.get("certificate_days_left"),
        "page": None if console is None else days_until(console.figures.get("certificate_until"), now),
    }
    known = {name: float(left) for name, left in days.items() if left is not None}
    warnings = [] if uplink is None else [str(line) for line in uplink.figures.get("certificate_warnings", [])]
    if not known:
        if warnings:
            return attention(part, "has a warning", "; ".join(warnings), TECHNICIAN)
        return unknown(part, "no daemon reports one") if settings.uplink.url else well(part, "none", "none is needed")
    first = min(known, key=lambda name: known[name])
    state, texts = _STATES[CERTIFICATE_DAYS.grade(known[first])], [_days_text(*each) for each in known.items()]
    if state is PartState.WELL and not warnings:
        return well(part, "hold", "; ".join(texts))
    words = f"{first} {_left(known[first])}" if state is not PartState.WELL else "has a warning"
    todo = f"Bring the car to its link: it renews itself. If that does not help:  {TECHNICIAN.lower()}"
    worst = state if state is not PartState.WELL else PartState.ATTENTION
    return PartHealth(part, part.value, worst, words, "; ".join((*texts, *warnings)), todo)


def _days_text(name: str, days: float) -> str:
    return f"the {name}'s {_left(days)}"


def _left(days: float) -> str:
    return f"expires in {days:.0f} days" if days >= 0 else "expired"


def _page(health: Health | None) -> PartHealth:
    part = UnitPart.PAGE
    if health is None or not health.ready:
        text = "the page for officers is not running"
        return fault(part, "not running", text, f"It restarts by itself. Listen for the tones. {TECHNICIAN}")
    if health.troubles:
        return fault(part, "not live", "; ".join(health.troubles), f"Listen for the tones. {TECHNICIAN}")
    if health.warnings:
        return attention(part, "has a warning", "; ".join(health.warnings), TECHNICIAN)
    return well(part, "live", "hits are shown live")
