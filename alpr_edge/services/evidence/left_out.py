"""Says in the package of a case what is known beforehand not to be in it; of covert hits nothing is said."""

from pathlib import Path

from alpr_edge.services.evidence.case_canvasses import CaseCanvasses
from alpr_edge.store.access_log.log import AccessLog
from alpr_edge.store.recovery.access_log_replacement import damaged_logs


def left_out_of_case(log: AccessLog, directory: Path, canvasses: CaseCanvasses) -> list[str]:
    """What is not in the package of a case, a sentence each.

    Args:
        log: the access log, of which the oldest records may have gone.
    """
    words = list[str]()
    if canvasses.withheld:
        words.append(f"Canvasses of the case that whoever booked it out may not see: {canvasses.withheld}.")
    if first := log.first():
        words.append(f"Accesses before record {first} of this unit's access log, which are at the department.")
    if count := len(damaged_logs(directory)):
        words.append(f"Accesses in earlier access logs of this unit, which were set aside as damaged: {count}.")
    return words
