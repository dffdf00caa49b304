"""The department's public keys, which units get with every certificate and may ask for."""

from pathlib import Path

import structlog

from alpr_edge.department.pki.roster_key import load_roster_signer
from alpr_edge.department.pki.units import Units
from alpr_edge.department.unit_logs.witness import Witness
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.protocol.enrolment import DepartmentKeysPayload

log = structlog.get_logger(__name__)


def department_keys(units: Units, directory: Path) -> DepartmentKeysPayload:
    """All that there are: a key that cannot be used keeps no unit from its certificate, and is logged."""
    return DepartmentKeysPayload(
        media_key=units.media_key(), roster_key=_roster_key(directory), witness_key=_witness_key(directory)
    )


def _roster_key(directory: Path) -> str:
    try:
        return str(load_roster_signer(directory).public_key)
    except DepartmentError as error:
        log.error("department.key_missing", key="roster", reason=str(error))
        return ""


def _witness_key(directory: Path) -> str:
    try:
        return Witness(directory).key.text
    except DepartmentError as error:
        log.error("department.key_missing", key="witness", reason=str(error))
        return ""
