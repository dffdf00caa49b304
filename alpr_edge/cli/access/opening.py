"""Opens what allows and records a command: for whoever is signed in, for break-glass, or for the unit's upkeep."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alpr_edge.cli.access.options import Statement
from alpr_edge.cli.access.questions import ask, complete_statement
from alpr_edge.cli.access.session_file import read_token
from alpr_edge.cli.caller import caller, is_root
from alpr_edge.cli.common import is_owner
from alpr_edge.domain.permissions.purposes import Purpose

if TYPE_CHECKING:
    from alpr_edge.access.authorisation.authoriser import Authoriser
    from alpr_edge.access.authorisation.callers import Caller
    from alpr_edge.domain.sessions.break_glass import BreakGlass
    from alpr_edge.runtime.clock import SystemClock
    from alpr_edge.settings import Settings
    from alpr_edge.store.unit_store import UnitStore


@contextmanager
def open_access(unit: Settings, stated: Statement, *, migrate: bool = False) -> Iterator[tuple[Authoriser, Purpose]]:
    """Open what allows and records a command that shows or changes anything of a plate.

    Args:
        migrate: make the access log where the unit never ran.

    Yields:
        What every service asks, and the purpose.
    """
    from alpr_edge.app.clock import open_clock
    from alpr_edge.services.authorisation.opening import load_policy, open_authoriser

    if stated.break_glass or command_caller(unit).token:  # nobody is asked for a purpose who has to sign in first
        stated = complete_statement(stated, load_policy(unit).profile)
    clock = open_clock(unit)
    glass = _break_glass(stated, clock) if stated.break_glass else None
    with open_authoriser(unit, command_caller(unit, glass), clock, migrate=migrate) as authoriser:
        yield authoriser, Purpose(stated.purpose, stated.offence or None, stated.case or None)


@contextmanager
def open_store_access(unit: Settings, stated: Statement) -> Iterator[tuple[Authoriser, Purpose, UnitStore]]:
    """As :func:`open_access`, with the store of the unit, which has to be there."""
    from alpr_edge.store.unit_store import open_store

    with open_access(unit, stated) as (authoriser, purpose), open_store(unit, migrate=False) as store:
        yield authoriser, purpose, store


@contextmanager
def open_upkeep(unit: Settings, *, migrate: bool = False) -> Iterator[Authoriser]:
    """Open what allows and records a command of the unit's upkeep, which shows no plate and needs no sign-in.

    Args:
        migrate: make the data folder as well where the unit never ran; its access log is made where it is missing.
    """
    from alpr_edge.app.clock import open_clock
    from alpr_edge.services.authorisation.opening import open_authoriser
    from alpr_edge.store.access_log.schema import FILE_NAME

    directory = unit.unit.data_directory
    is_missing = directory.is_dir() and not (directory / FILE_NAME).exists()
    caller_now, clock = command_caller(unit), open_clock(unit)
    with open_authoriser(unit, caller_now, clock, migrate=migrate or is_missing) as authoriser:
        yield authoriser


@contextmanager
def open_begun_upkeep(unit: Settings) -> Iterator[Authoriser | None]:
    """As :func:`open_upkeep`, where the unit has an access log; None before its first start, which begins it."""
    from alpr_edge.store.access_log.schema import FILE_NAME

    if not (unit.unit.data_directory / FILE_NAME).exists():
        yield None
        return
    with open_upkeep(unit) as authoriser:
        yield authoriser


def command_caller(unit: Settings, glass: BreakGlass | None = None) -> Caller:
    """Who runs this command: the login, with its session where it has one."""
    from alpr_edge.access.authorisation.callers import Caller

    login = caller()
    token = "" if glass else read_token(unit.unit.runtime_directory, login)
    return Caller(login, token, is_owner=is_owner(unit.unit.data_directory), break_glass=glass)


def _break_glass(stated: Statement, clock: SystemClock) -> BreakGlass:
    """Ask who breaks the glass."""
    from alpr_edge.domain.sessions.break_glass import BreakGlass, break_glass

    uid = 0 if is_root() else os.geteuid()
    if uid == 0:
        name, organisation = ask("Your name"), ask("Your organization")
    else:
        name = organisation = "-"  # refused below, and nobody is asked for nothing
    record = BreakGlass(name, organisation, stated.purpose, stated.break_glass, caller(), clock.now())
    return break_glass(record, uid)
