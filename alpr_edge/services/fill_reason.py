"""Says in words why a disk is graded as it is: a share of 76 % alone does not explain a red."""

from collections.abc import Mapping
from typing import Any

from alpr_edge.domain.diagnostics.checks import DISK_REMEDY
from alpr_edge.domain.retention import Fill


def fill_reason(figures: Mapping[str, Any]) -> str:
    """Why the disk of some figures is amber or red, and what to do; empty where there is room.

    Args:
        figures: what :func:`~alpr_edge.services.disk_usage.disk_usage` counted.
    """
    match figures["fill"]:
        case Fill.RED:
            return (
                f"the ballast holds {figures['ballast_bytes'] / 1e6:.0f} of "
                f"{figures['ballast_wanted_bytes'] / 1e6:.0f} MB, and until it is whole no read is kept; "
                f"alpr-edge run fills it by itself once there is room; {DISK_REMEDY}"
            )
        case Fill.AMBER if figures["quota_share"] >= figures["disk_share"]:
            return f"reads that may not be deleted fill {figures['quota_share']:.0%} of their quota; {DISK_REMEDY}"
        case Fill.AMBER:
            return f"the whole disk is {figures['disk_share']:.0%} full; {DISK_REMEDY}"
        case _:
            return ""
