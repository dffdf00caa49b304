"""``alpr-edge canvass result``: the reads that a canvass holds, by time and place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from alpr_edge.cli.access.opening import open_store_access
from alpr_edge.cli.access.options import CaseOption, OffenceOption, PurposeOption, Statement
from alpr_edge.cli.canvass.overview import CANVASS_PURPOSE, CanvassArgument
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import count_text, print_lines, print_table, time_text, utc_text
from alpr_edge.domain.reads import EvidenceKind

if TYPE_CHECKING:
    from alpr_edge.domain.canvass.canvass_result import CanvassRead, CanvassResult


def result_command(
    canvass: CanvassArgument,
    purpose: PurposeOption = CANVASS_PURPOSE,
    offence: OffenceOption = "",
    case: CaseOption = "",
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Show the reads that a canvass of the incident of --case holds, by time, and how each fits a partial plate.

    A fit is a lead: a partial plate fits many vehicles. --json prints one object per read.
    """
    from alpr_edge.services.canvass.canvass_results import canvass_result
    from alpr_edge.settings import load

    unit = load(settings)
    with open_store_access(unit, Statement(purpose, offence, case)) as (authoriser, known_purpose, store):
        result = canvass_result(store.database, authoriser, known_purpose, canvass, unit.unit.id)
    if as_json:
        print_lines(map(_fields, result.reads))
    else:
        _print(result)


def _print(result: CanvassResult) -> None:
    if result.reads:
        headers = "seen", "plate", "state", "camera", "place", "fits"
        print_table(headers, [_row(read) for read in result.reads])
    parts = [count_text(len(result.reads), "read")]
    parts += [f"{result.unplaced_count} with unknown location"] if result.unplaced_count else []
    parts += [f"{result.untimed_count} with unknown time"] if result.untimed_count else []
    parts += [count_text(len(result.candidates), "candidate")] if result.canvass.partials else []
    parts += [f"{result.left_out} more are held and not shown"] if result.left_out else []
    typer.echo(", ".join(parts))


def _row(read: CanvassRead) -> tuple[str, ...]:
    from alpr_edge.evidence.canvass_tables import fit_words, phase_words

    seen = [time_text(read.last_seen.utc), "" if read.last_seen.sure else "not sure", phase_words(read.phase)]
    place = "unknown" if read.position is None else f"{read.position.lat_deg:.5f} {read.position.lon_deg:.5f}"
    return (
        ", ".join(filter(None, seen)),
        read.text if read.is_certain else f"{read.text} (not sure)",
        read.state or "-",
        read.camera_id,
        place,
        "; ".join(map(fit_words, read.fits)),
    )


def _fields(read: CanvassRead) -> dict[str, object]:
    place = read.position
    return {
        "read_id": read.read_id,
        "camera": read.camera_id,
        "plate": read.text,
        "state": read.state,
        "confidence": read.confidence,
        "when": read.phase,
        "first_seen": utc_text(read.first_seen.utc),
        "last_seen": utc_text(read.last_seen.utc),
        "uncertainty_ms": read.last_seen.uncertainty_ms,
        "time_is_sure": read.last_seen.sure,
        "lat_deg": place and place.lat_deg,
        "lon_deg": place and place.lon_deg,
        "corrected_by_read": read.corrected_by_read,
        "crop_sha256": next((ref.sha256 for ref in read.evidence if ref.kind is EvidenceKind.CROP), None),
        "fits": [{"partial": fit.partial, "how": fit.kind, "text": fit.text} for fit in read.fits],
    }
