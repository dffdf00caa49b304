"""``alpr-edge settings``: write, check, show, replace and migrate the settings file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.consent import YesOption, require_consent
from alpr_edge.cli.output import count_text, print_lines, print_object, print_table
from alpr_edge.domain.errors import SettingsError
from alpr_edge.settings.base import without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alpr_edge.settings import Settings
    from alpr_edge.settings.layers.department_layer import LayeredSettings
    from alpr_edge.settings.profiles import PolicySummary

FileArgument = Annotated[
    Path,
    typer.Argument(
        metavar="FILE",
        envvar="ALPR_EDGE_SETTINGS",
        help="The settings file; default: $ALPR_EDGE_SETTINGS.",
        show_default=True,
    ),
]

app = typer.Typer(help="The unit's settings file.", no_args_is_help=True)


@app.command()
def init(file: FileArgument = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """Write a settings file with every key explained. An existing file is never replaced."""
    from alpr_edge.services.settings_template import write_settings_template

    write_settings_template(file)
    if as_json:
        print_object({"file": file})
    else:
        typer.echo(f"{file}: written; adapt it to this car, then: alpr-edge settings check {file}")


@app.command()
def check(file: FileArgument = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """Check a settings file and the files it names. Lists every fault at once; exit code 2 if there is any.

    For a valid file it shows cameras, receiver, sound, lists and department, then what its policy means.
    """
    layers, faults, policy = _look_at(file)
    if as_json:
        remote = {"serial": layers.in_force or None, "fault": layers.fault or None} if layers else None
        warnings = _warnings_of(layers.settings) if layers else []
        print_object({"file": file, "faults": faults, "warnings": warnings, "policy": policy, "department": remote})
    else:
        for fault in faults:
            typer.echo(f"alpr-edge: {fault}", err=True)
        typer.echo(f"{file}: {_verdict(len(faults), len(_warnings_of(layers.settings)) if layers else 0)}")
        if layers and policy and not faults:
            typer.echo("\n".join([*_unit_lines(layers.settings), *policy.lines()]))
        if layers:
            _tell_of_department(layers)
    if faults:
        raise typer.Exit(SettingsError.exit_code)


@app.command()
def show(
    file: FileArgument = DEFAULT_SETTINGS,
    show_all: Annotated[bool, typer.Option("--all", help="Include keys with their default value.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show each setting and its origin.

    A value comes from the department, the file or the default. Remote settings of the department override the file;
    daemons apply a change at their next start.
    """
    from alpr_edge.services.changes.settings_origins import setting_lines
    from alpr_edge.settings.layers.department_layer import load_layers

    layers = load_layers(file)
    lines = [each for each in setting_lines(layers) if show_all or each.origin != "default"]
    if layers.fault:
        typer.echo(f"alpr-edge: {layers.fault}", err=True)
    if as_json:
        print_lines(lines)
    elif lines:
        print_table(("key", "value", "set by"), [(each.key, each.value, each.origin) for each in lines])
    else:
        typer.echo(f"{file}: every key has its default; see them with --all")


def _verdict(faults: int, warnings: int) -> str:
    if faults:
        return count_text(faults, "fault")
    return f"valid, with {count_text(warnings, 'warning')}" if warnings else "fit for use"


def _look_at(file: Path) -> "tuple[LayeredSettings | None, list[str], PolicySummary | None]":
    """What a settings file holds, every fault of it, and what its policy means; None: that cannot be told."""
    from alpr_edge.settings.layers.department_layer import load_layers
    from alpr_edge.settings.profiles import summarise_policy

    try:
        layers = load_layers(file)
        policy = summarise_policy(layers.settings.policy, layers.settings.retention)
    except SettingsError as error:
        return None, error.faults, None
    return layers, _faults_of(layers.settings), policy


def _unit_lines(settings: "Settings") -> "Iterator[str]":
    """The parts of a unit that decide whether it reads, sounds and sends."""
    for camera in settings.camera:
        address = getattr(camera, "url", None) or getattr(camera, "device", None) or getattr(camera, "path", "")
        yield f"camera {camera.id}: {camera.kind} {without_secrets(str(address))}".rstrip()
    receiver = settings.position.device
    yield f"receiver: {receiver or 'none; reads have no position (position.device)'}"
    yield from map("warning: {}".format, _warnings_of(settings))
    alerts = settings.alerts
    sound = {"alsa": f"device {alerts.device}", "wav": f"into {alerts.wav_path}", "none": "none; hits make no sound"}
    yield f"sound: {sound[alerts.player]}"
    if not settings.hotlist.source:
        yield "lists: none; only lists imported by hand and entries of officers (hotlist.source)"
    for source in settings.hotlist.source:
        origin = "department" if source.department else source.folder or without_secrets(source.url)
        rights = f"permission: {source.source_permission}"
        yield f"list {source.name}: {source.format}, {origin or 'imported by hand'}; {rights}"
    yield f"department: {settings.uplink.url or 'none; nothing is sent (uplink.url)'}"


def _warnings_of(settings: "Settings") -> list[str]:
    """What is valid and still keeps a part of the unit from working."""
    position = settings.position
    devices = [(f"camera {each.id}", each.device) for each in settings.camera if each.kind == "v4l2"]
    devices.append(("receiver", position.device))
    warnings = [
        f"{what}: there is no {device} here; connect it, or name another device"
        for what, device in devices
        if device.startswith("/") and not Path(device).exists()
    ]
    if position.device and not position.chrony_socket:
        warnings.append("position.chrony_socket is empty: commands and the page know no time without a time server")
    return warnings


def _tell_of_department(layers: "LayeredSettings") -> None:
    """Say what the department set, or why that does not count; no fault of the file."""
    if layers.fault:
        typer.echo(f"alpr-edge: {layers.fault}", err=True)
    elif layers.document is not None:
        keys = sum(map(len, layers.document.values.values()))
        words = count_text(keys, "key") if keys else "no keys any more"
        typer.echo(f"the department sets {words} (its settings {layers.in_force}); see: alpr-edge settings show")


def _unit_of(file: Path) -> "Settings | None":
    """The settings as they are; None where there are none that can be used."""
    from alpr_edge.settings import load

    try:
        return load(file)
    except SettingsError:
        return None


def _faults_of(settings: "Settings") -> list[str]:
    """Every fault of what settings name: files, keys, models, formats of lists."""
    from alpr_edge.app.factories import model_faults
    from alpr_edge.hotlist.ingest.source_feed import format_fault
    from alpr_edge.services.key_check import key_faults
    from alpr_edge.settings import file_faults

    models = model_faults(settings.vision, settings.unit.data_directory)
    formats = [
        f"hotlist.source[{index}].format: {fault}"
        for index, source in enumerate(settings.hotlist.source)
        if (fault := format_fault(source))
    ]
    return [*file_faults(settings), *key_faults(settings.store.keys_directory), *models, *formats]


@app.command("apply")
def apply_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The new settings.")],
    *,
    reason: Annotated[str, typer.Option("--reason", help="Reason, in a sentence, for the access log.")] = "",
    yes: YesOption = False,
    as_json: JsonOption = False,
    settings: SettingsOption = DEFAULT_SETTINGS,
) -> None:
    """Replace the unit's settings with another file. The file is checked, the difference shown, the change recorded.

    Daemons apply it at their next start. A file edited by hand is recorded as such at the next start.
    """
    from alpr_edge.cli.access.opening import open_begun_upkeep
    from alpr_edge.services.changes.self_check import describe
    from alpr_edge.services.changes.settings_file import apply_settings, compare_settings, read_new_settings

    new = read_new_settings(file, settings)
    if faults := _faults_of(new.settings):
        raise SettingsError(faults)
    if new.fault:
        typer.echo(f"alpr-edge: {new.fault}", err=True)
    with open_begun_upkeep(_unit_of(settings) or new.settings) as authoriser:
        digest = (lambda _: "a secret") if authoriser is None else authoriser.log.digest
        change = compare_settings(new, settings, digest)
        if change.changes:
            if not as_json:
                typer.echo("\n".join(map(describe, change.changes)))
            require_consent(f"write these settings to {settings}?", yes=yes)
            apply_settings(new, settings, change, authoriser, reason)
    if as_json:
        print_object({"file": settings, "changes": [each.model_dump() for each in change.changes]})
    elif change.changes:
        typer.echo(f"{settings}: written; takes effect at the next start: systemctl restart alpr-edge.target")
    else:
        typer.echo(f"{settings}: no value differs; file unchanged")


@app.command()
def migrate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The settings file.")],
    release: Annotated[
        str, typer.Option(help="Version that the file belongs to; used in the name of the copy.", metavar="VERSION")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Rename the keys of an older release. Comments are kept, and the original file is saved next to it."""
    from alpr_edge.services.settings_migration import migrate_settings

    report = migrate_settings(file, release)
    if as_json:
        print_object(report)
        return
    for old, new in report.renamed.items():
        typer.echo(f"{old} -> {new}")
    summary = f"{count_text(len(report.renamed), 'key')} renamed; original file: {report.kept}"
    typer.echo(f"{file}: {summary if report.renamed else 'nothing to rename'}")
