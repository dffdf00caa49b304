"""Audits as commands print them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from alpr_edge.cli.common import NUMBER_MAX
from alpr_edge.cli.output import count_text

if TYPE_CHECKING:
    from alpr_edge.domain.audits.audit import Audit

NumberArgument = Annotated[
    int, typer.Argument(metavar="AUDIT", min=1, max=NUMBER_MAX, help="The audit's number, as plan shows it.")
]


def words_of(code: str) -> str:
    """A word of a closed list as people read it."""
    return code.replace("_", " ")


def audit_line(audit: Audit) -> str:
    draw, sample = audit.draw, audit.sample
    parts = [f"audit {audit.number}, {draw.begin} to {draw.until}: {words_of(audit.state)}"]
    if sample is not None:
        parts.append(f"{len(sample.sampled):,} of {count_text(sample.records, 'record')} in the sample")
        parts.append(f"{count_text(len(sample.flags), 'flag')}, {len(audit.unreviewed_numbers):,} to review")
        parts += [f"{count_text(len(audit.violations), 'violation')}"] * bool(audit.violations)
        parts += [f"{count_text(sample.missing, 'record')} not stored any more"] * bool(sample.missing)
    return "; ".join(parts)


def audit_object(audit: Audit) -> dict[str, Any]:
    """An audit for programs: no plate, and of its records the numbers alone."""
    draw, sample = audit.draw, audit.sample
    return {
        "audit": audit.number,
        "state": audit.state.value,
        "begin": draw.begin.isoformat(),
        "until": draw.until.isoformat(),
        "zone": draw.zone,
        "seed": draw.seed,
        "is_seed_given": draw.is_seed_given,
        "share_percent": draw.share_percent,
        "records_min": draw.count_min,
        "logs": list(draw.spans),
        "records": None if sample is None else sample.records,
        "missing": None if sample is None else sample.missing,
        "sampled": None if sample is None else len(sample.sampled),
        "unreviewed": list(audit.unreviewed_numbers),
        "violations": list(audit.violations),
        "steps": [
            {"kind": step.kind.value, "at": step.at, "person_id": step.person_id, "person": step.person,
             "sha256": step.sha256, "note": step.note}
            for step in audit.steps
        ],
    }  # fmt: skip
