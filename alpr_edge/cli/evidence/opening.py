"""Opens what writes evidence packages of a unit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alpr_edge.services.evidence.case_export import CaseExports
    from alpr_edge.settings import Settings


@contextmanager
def open_exports(unit: Settings) -> Iterator[CaseExports]:
    """Open the exports of a unit; closes them at the end."""
    from alpr_edge.app.clock import open_clock
    from alpr_edge.app.pipeline.record_ids import new_id
    from alpr_edge.services.evidence.case_export import CaseExports
    from alpr_edge.services.evidence.package_signer import load_package_signer
    from alpr_edge.store.access_log.log import open_access_log
    from alpr_edge.store.unit_store import open_store

    signer = load_package_signer(unit)
    with open_access_log(unit, migrate=False) as log, open_store(unit, migrate=False) as store:
        yield CaseExports(store, log, unit, open_clock(unit), partial(new_id, unit.unit.id), signer)
