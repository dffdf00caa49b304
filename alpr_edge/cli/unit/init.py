"""``alpr-edge unit init``: set up a unit in a folder, for a trial with one's own camera or recording and list."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.questions import ask, is_terminal
from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.people.entries import AlprUntil, CjisUntil
from alpr_edge.cli.output import count_text, print_object
from alpr_edge.domain.errors import FeedError, SettingsError
from alpr_edge.domain.feed_formats import FormatName

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alpr_edge.settings import Settings

ROLES = "officer,alpr_administrator"
_CAMERA_HELP = "Video file, folder of pictures, /dev/video0, rtsp://..., or simulated. Asked for if left out."
_QUESTIONS = {
    "badge": ("--badge", "Badge of the first administrator"),
    "name": ("--name", "Name"),
    "organisation": ("--agency", "Agency"),
    "cjis_training_until": ("--cjis-until", "Last day of their CJIS training (YYYY-MM-DD)"),
    "alpr_training_until": ("--alpr-until", "Last day of their ALPR training (YYYY-MM-DD)"),
}
"""Option and question of each value of the first administrator."""
_CAR = (
    "A car is set up by scripts/provision instead: it adds the service user, start at boot, firewall and clock,\n"
    "and enrolls the unit at its department."
)


def init_command(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="New or empty folder for the unit.")],
    *,
    camera: Annotated[str, typer.Option("--camera", help=_CAMERA_HELP)] = "",
    hotlist: Annotated[Path | None, typer.Option("--hotlist", help="File of a hotlist. Asked for if left out.")] = None,
    layout: Annotated[FormatName, typer.Option("--format", help="Layout of the hotlist.")] = FormatName.GENERIC_CSV,
    list_name: Annotated[str, typer.Option("--list", help="Name of the hotlist.")] = "own",
    unit_id: Annotated[str, typer.Option("--unit", help="Name of the unit.")] = "unit-1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port of the page.")] = 8447,
    badge: Annotated[str, typer.Option("--badge", help="Badge of the first administrator.")] = "",
    name: Annotated[str, typer.Option("--name", help="Name of the first administrator.")] = "",
    organisation: Annotated[str, typer.Option("--agency", help="Agency of the first administrator.")] = "",
    cjis_training_until: CjisUntil = None,
    alpr_training_until: AlprUntil = None,
    later: Annotated[
        bool, typer.Option("--administrator-later", help="Leave out the administrator; run again to add one.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Set up a unit in a folder: settings, keys, certificate of the page, a hotlist and the first administrator.

    Asks for missing values at a terminal. Password and authenticator code are always asked for, on standard input if
    there is no terminal. If interrupted, run it again: it continues where it stopped. It never replaces a file.
    """
    from alpr_edge.services.settings_template import NAME
    from alpr_edge.services.unit_setup import begun_settings, camera_table, write_keys_and_certificate, write_settings

    folder = folder.expanduser().absolute()
    given = {
        "badge": badge,
        "name": name,
        "organisation": organisation,
        "cjis_training_until": cjis_training_until or "",
        "alpr_training_until": alpr_training_until or "",
    }
    unit = begun_settings(folder)
    needed = {} if unit else {"--camera": camera, "--hotlist": hotlist}
    _require_answers(needed if later else needed | {_QUESTIONS[key][0]: value for key, value in given.items()})
    if unit is None:
        table = camera_table(camera or ask("Camera or recording"))
        hotlist = _list_file(hotlist)
        unit = write_settings(folder, unit_id, table, list_name, layout, port)
    else:
        _require_unfinished(unit, folder)
        typer.echo(f"alpr-edge: continuing with the settings in {folder / NAME}", err=True)
    write_keys_and_certificate(unit)
    entries = _import_list(unit, hotlist)
    administrator = "" if later else _add_administrator(unit, given)
    _print_result(unit, folder / NAME, entries, administrator, as_json=as_json)


def _require_answers(given: Mapping[str, object]) -> None:
    """Refuse missing options before anything is written, where there is no terminal to ask at."""
    missing = [option for option, value in given.items() if not value]
    if missing and not is_terminal():
        raise typer.BadParameter(f"no terminal to ask at; give {', '.join(missing)}")


def _list_file(file: Path | None) -> Path:
    """Return a hotlist file that can be read; raises FeedError otherwise."""
    file = (file or Path(ask("Hotlist file"))).expanduser()
    try:
        if not file.is_file():
            raise FeedError(f"{file}: no such file; expected a hotlist, for example a CSV file")
        file.open("rb").close()
    except OSError as error:
        raise FeedError(f"{file}: cannot be read: {error.strerror}") from None
    return file


def _require_unfinished(unit: Settings, folder: Path) -> None:
    """Refuse a folder in which people can sign in; raises SettingsError."""
    from alpr_edge.app.clock import open_clock
    from alpr_edge.services.accounts.local_roster import open_local_roster
    from alpr_edge.store.access.schema import FILE_NAME

    if (unit.unit.data_directory / FILE_NAME).exists():
        with open_local_roster(unit, open_clock(unit), migrate=False) as roster:
            if roster.members:
                raise SettingsError([f"{folder}: the unit in this folder is set up; name a new folder"])


def _import_list(unit: Settings, file: Path | None) -> int:
    """Import the hotlist unless an earlier run did; returns its number of entries."""
    from alpr_edge.app.clock import open_clock
    from alpr_edge.cli.access.opening import open_upkeep
    from alpr_edge.cli.hotlist.common import import_progress, open_lists
    from alpr_edge.hotlist.ingest.request import request_for
    from alpr_edge.services.list_changes import import_list
    from alpr_edge.store.hotlists.generations import live

    (source,) = unit.hotlist.source
    with open_upkeep(unit, migrate=True) as authoriser, open_lists(unit, migrate=True) as lists:
        for stored in live(lists.database):
            if stored.generation.source == source.name:
                return stored.generation.entries
        request, now = request_for(source, _list_file(file)), open_clock(unit).now().trusted_utc
        with import_progress() as progress:
            return import_list(lists, authoriser, request, now, progress).kept


def _add_administrator(unit: Settings, given: dict[str, str]) -> str:
    """Have the first administrator choose password and code; returns their badge."""
    from alpr_edge.app.clock import open_clock
    from alpr_edge.cli.access.opening import open_upkeep
    from alpr_edge.cli.accounts.invite import choose_sign_in
    from alpr_edge.cli.caller import caller
    from alpr_edge.department.people.person_fields import new_entry
    from alpr_edge.services.accounts.local_roster import open_local_roster
    from alpr_edge.services.accounts.people import LocalPeople

    clock = open_clock(unit)
    texts = {key: given[key] or ask(question) for key, (_, question) in _QUESTIONS.items()}
    (source,) = unit.hotlist.source
    texts |= {"roles": ROLES, "sources": ",".join({"department", str(source.source_permission)})}
    with open_local_roster(unit, clock, migrate=True) as roster, open_upkeep(unit) as authoriser:
        person = new_entry(texts, caller(), roster.now).person
        if person.training.fault_at(roster.now):
            raise SettingsError(["a training has ended, so this person could do nothing; give a later last day"])
        people = LocalPeople(roster, authoriser)
        people.begin_roster(person, lambda first: choose_sign_in(first, clock), f"ALPR {unit.unit.id}")
    return person.badge


def _print_result(unit: Settings, file: Path, entries: int, administrator: str, *, as_json: bool) -> None:
    edge = "alpr-edge" if shutil.which("alpr-edge") else sys.argv[0]
    page = f"https://{unit.console.address}:{unit.console.port}/"
    if as_json:
        print_object({"settings": file, "entries": entries, "administrator": administrator or None, "page": page})
        return
    (source,) = unit.hotlist.source
    typer.echo(f"{file}: {unit.unit.id} is set up; list {source.name!r} has {count_text(entries, 'entry', 'entries')}")
    if not administrator:
        typer.echo(f"No person can sign in yet. At a terminal: {edge} unit init {file.parent}")
    sign_in = f"Sign in with badge {administrator}, password and authenticator code.\n" if administrator else ""
    typer.echo(
        f"Next, each in a terminal of its own:\n"
        f"  {edge} run --settings {file}\n"
        f"  {edge} console --settings {file}\n"
        f"Then open {page} on this computer. The browser warns once, because the certificate is self-signed.\n"
        f"{sign_in}"
        f"To import a newer list: {edge} hotlist import FILE --source {source.name} --settings {file}\n{_CAR}"
    )
