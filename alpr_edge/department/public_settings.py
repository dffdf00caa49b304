"""The tables of ``department.toml`` about what the public learns: who oversees the operation, and the site for it."""

from typing import Annotated

from pydantic import Field, Strict

from alpr_edge.department.setting_types import LineOfText, ShortPath
from alpr_edge.domain.statistics.counts import SMALL_MAX, SMALL_MIN
from alpr_edge.settings.base import Section

_POSTED = "an address that begins with https://, or nothing"


class AdministrationTable(Section):
    """[administration]: who oversees the operation, as the usage and privacy policy names them (policy 462.3.1)."""

    department: LineOfText = ""
    """The department, as the public knows it."""
    overseer_title: LineOfText = ""
    """The current designee in overseeing the operation (462.3.1(e)); somebody with it has the role of administrator."""
    overseer_name: LineOfText = ""
    commander_title: LineOfText = "Operations Division Commander"
    """Who manages the operation and approves releases (462.3, 462.7(b)), likewise."""
    designee_title: LineOfText = ""
    """The commander's authorised designee; empty: there is none."""
    custodian_title: LineOfText = ""
    """The official custodian of the system (Civil Code 1798.90.51(b)(2)(E))."""
    records_title: LineOfText = "Custodian of Records"
    """With whom retention and destruction are decided (462.3.1(f))."""
    training_title: LineOfText = "Training Supervisor"
    """Who ensures that people are trained (462.8)."""
    contractors: Annotated[tuple[LineOfText, ...], Strict(strict=False), Field(max_length=50)] = ()
    """Independent contractors who may use the system, by designation."""
    contact: LineOfText = ""
    """Where the public asks: an address, a number or both."""
    policy_address: Annotated[str, Field(max_length=500, pattern=r"^$|^https://[^\s\x22<>]+$", description=_POSTED)] = (
        ""
    )
    """Where the full text of the department's policy is posted."""


class WebsiteTable(Section):
    """[website]: the static site for the public (:mod:`alpr_edge.department.website`)."""

    folder: ShortPath = ""
    """The folder that the site is written to, which a web server of the department serves; empty: no site."""
    small_below: Annotated[int, Field(ge=SMALL_MIN, le=SMALL_MAX)] = 5
    """Counts below it are hidden, so that none points at a person."""
