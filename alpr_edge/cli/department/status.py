"""``alpr-edge department status`` and ``verify``: what is stored, whether it is whole, and when certificates end."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.department.common import DirectoryOption, open_storage, require_department
from alpr_edge.cli.output import count_text, print_object, time_text
from alpr_edge.cli.progress import progress_bar
from alpr_edge.domain.errors import DepartmentError

if TYPE_CHECKING:
    from alpr_edge.department.ingest.storage import Storage, StorageCounts
    from alpr_edge.department.ingest.verification import Verification
    from alpr_edge.department.interchange.exchange_status import TargetStatus
    from alpr_edge.department.interchange.import_runs import ImportSource
    from alpr_edge.department.pki.authority import TlsFiles
    from alpr_edge.department.serving import ServedPorts

_NO_CERTIFICATE: dict[str, Any] = {
    "names": [],
    "certificate_until": None,
    "certificate_days_left": None,
    "authority_until": None,
}


def status_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Show what is stored, in numbers, whether this department is served, and when its certificates end."""
    from alpr_edge.department.alarms.alarm import AlarmKind, alarms_of
    from alpr_edge.department.backups.outcomes import BACKUP, DRILL, last_good, outcomes
    from alpr_edge.department.pki.authority import TlsFiles
    from alpr_edge.department.serving import is_served, served_ports

    with open_storage(directory) as storage:
        counts, logs = storage.counts(), storage.logs.states()
        witness, images, exchange = storage.logs.witness_key.text, _images(storage), _exchange(storage)
        alarms = alarms_of(storage, datetime.now(UTC))
    ports, about = served_ports(directory) if is_served(directory) else None, _certificate(TlsFiles(directory))
    warnings = [alarm.text for alarm in alarms if alarm.kind is not AlarmKind.SERVER]  # which has a line of its own
    good = {f"last_{what}": last_good(outcomes(directory), what) for what in (BACKUP, DRILL)}
    if as_json:
        serving = None if ports is None else ports.model_dump()
        access_logs = {"access_logs": logs, "witness_key": witness}
        rest = {"images": images, **exchange, "serving": serving, "warnings": warnings}
        print_object(dataclasses.asdict(counts) | about | access_logs | good | rest)
        return
    typer.echo(_counts_text(counts))
    typer.echo(f"images in {images['place']}, {_encryption_text(images)}")
    typer.echo(_serving_text(ports))
    if about["certificate_until"] is not None:
        days = count_text(max(about["certificate_days_left"], 0), "day")
        typer.echo(
            f"server certificate for {', '.join(about['names'])}, until {about['certificate_until']:%Y-%m-%d}: {days}"
        )
        typer.echo(f"authority until {about['authority_until']:%Y-%m-%d}")
    for outcome in filter(None, good.values()):
        typer.echo(f"last good {outcome.what} {outcome.at}: {outcome.backup}")
    _print_exchange(**exchange)
    for log in logs:
        typer.echo(f"access log of {log.unit_id}: {count_text(log.records, 'record')}, {log.cosigned:,} cosigned")
    for line in warnings:
        typer.secho(f"warning: {line}", fg=typer.colors.YELLOW)


def _exchange(storage: Storage) -> dict[str, Any]:
    """What status says of other systems."""
    from alpr_edge.department.interchange.exchange_status import target_statuses
    from alpr_edge.department.interchange.import_runs import import_sources
    from alpr_edge.department.settings import load_department_file

    tables = load_department_file(storage.directory).exchange
    return {"exchange": target_statuses(storage.database, tables), "imports": import_sources(storage.database)}


def _print_exchange(exchange: list[TargetStatus], imports: list[ImportSource]) -> None:
    """Say what goes out to whom, and what was imported."""
    if not exchange:
        typer.echo("nothing goes out to other systems")
    for target in exchange:
        what = "all reads" if target.rule == "all_reads" else f"hits of {', '.join(target.lists)}"
        until = f"until {target.until}" if target.is_named else "not in the settings any more"
        sent = f"{target.sent:,} sent, {target.waiting:,} waiting, {target.set_aside:,} refused"
        typer.echo(f"goes out to {target.target} ({target.operator}), {until}: {what}; {sent}")
    for source in imports:
        broken_off = f"; {source.broken_off} imports did not end" if source.broken_off else ""
        typer.echo(f"imported from {source.source}: {count_text(source.reads, 'read')}{broken_off}")


def verify_command(directory: DirectoryOption, as_json: JsonOption = False) -> None:
    """Check all that is stored, what searches look it up by, and the holds; ends with 1 when something is wrong."""
    from alpr_edge.department.db.engines.choice import sqlite_file
    from alpr_edge.department.db.integrity import check_integrity
    from alpr_edge.department.ingest.verification import verify

    database = sqlite_file(require_department(directory))
    if database is not None:
        check_integrity(database, None)
    with open_storage(directory) as storage, progress_bar("items") as show:
        result = verify(storage, lambda done, total: show("items", done, total))
    if as_json:
        print_object(dataclasses.asdict(result) | {"ok": result.is_whole})
    else:
        typer.echo(_verification_text(result))
        for item in result.examples:
            typer.echo(item, err=True)
    if not result.is_whole:
        raise typer.Exit(1)


def _certificate(files: TlsFiles) -> dict[str, Any]:
    """What status says of the certificates."""
    from alpr_edge.department.pki.server_certificate import ServerCertificate, utc_now

    try:
        certificate, now = ServerCertificate.load(files), utc_now()
    except DepartmentError:
        return _NO_CERTIFICATE  # the warnings say why
    return {
        "names": list(certificate.names),
        "certificate_until": certificate.valid_until,
        "certificate_days_left": certificate.days_left(now),
        "authority_until": certificate.authority_until,
    }


def _images(storage: Storage) -> dict[str, Any]:
    """What status says of the place of images, and of their encryption."""
    found = storage.encryption()
    about = {"place": storage.images.label, "are_encrypted": found.is_on, "keys": found.keys}
    return about | {"bodies_not_encrypted": found.open_bodies}


def _encryption_text(images: dict[str, Any]) -> str:
    if not images["are_encrypted"]:
        return "not encrypted, nor are bodies"
    bodies = images["bodies_not_encrypted"]
    rest = f", but {count_text(bodies, 'body', 'bodies')}: run alpr-edge department migrate" if bodies else ""
    return f"encrypted under {count_text(images['keys'], 'key')}, as bodies are{rest}"


def _counts_text(counts: StorageCounts) -> str:
    figures = {"reads": counts.reads, "of them corrections": counts.corrections, "hits": counts.hits}
    figures |= {f"{kind} items": count for kind, count in sorted(counts.items.items())}
    width = max(map(len, figures))
    lines = [f"{words:<{width}}{count:>9}" for words, count in figures.items()]
    lines += [f"from {unit}: {count_text(count, 'item')}" for unit, count in sorted(counts.units.items())]
    last_received = "never" if counts.last_received is None else time_text(counts.last_received)
    lines.append(f"last received {last_received}")
    return "\n".join(lines)


def _serving_text(ports: ServedPorts | None) -> str:
    if ports is None:
        return "served: no"
    return f"served at port {ports.port}, {_enrolment_text(ports.enrol_port)}{_people_text(ports.people_port)}"


def _people_text(people_port: int | None) -> str:
    return "" if people_port is None else f", invitations at port {people_port}"


def _enrolment_text(enrol_port: int | None) -> str:
    return "without enrollment" if enrol_port is None else f"enrollment at port {enrol_port}"


def _verification_text(result: Verification) -> str:
    return (
        f"{count_text(result.bodies, 'body', 'bodies')} and {count_text(result.images, 'image')} checked: "
        f"{result.damaged_bodies} bodies damaged, {result.damaged_images} images damaged, "
        f"{result.missing_images} images missing, {result.wrong_rows} looked up by what they do not say; "
        f"{result.wrong_holds} holds not as the access log says"
    )
