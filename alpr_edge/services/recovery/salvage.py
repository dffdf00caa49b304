"""Saves what can be read of damaged databases, ends their alarm, and deletes those that hold nothing else."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY
from alpr_edge.store.recovery.damaged_databases import DamagedDatabase
from alpr_edge.store.recovery.salvage import Salvage
from alpr_edge.store.unit_store import UnitStore

PageCounter = Callable[[str, int, int], None]
"""Receives the name of a database, the pages read of it and its pages in all."""


def acknowledge_databases(databases: Sequence[DamagedDatabase], authoriser: Authoriser) -> None:
    """End the alarm of damaged databases; they stay as they are.

    Raises:
        AccessError: it is refused.
        StoreError: one cannot be marked.
    """
    with authoriser.access(Operation.ACKNOWLEDGE_DATABASES, subject=_subject(databases)):
        for database in databases:
            database.acknowledge()


def salvage_databases(
    store: UnitStore, databases: Sequence[DamagedDatabase], authoriser: Authoriser, progress: PageCounter
) -> list[dict[str, Any]]:
    """Copy what can be read of damaged databases into today's; again changes nothing more.

    Returns:
        The report of each, without plates.

    Raises:
        AccessError: it is refused.
        StoreError: today's database cannot be written.
    """
    with authoriser.access(Operation.SALVAGE_DATABASES, subject=_subject(databases)):
        return [_salvage(store, database, progress) for database in databases]


def discard_databases(
    databases: Sequence[DamagedDatabase], reports: Sequence[dict[str, Any]], authoriser: Authoriser
) -> list[str]:
    """Delete the damaged databases of which everything that can be read came over, and say so in their reports.

    Args:
        reports: what :func:`salvage_databases` returned for them; each gets ``discarded``.

    Returns:
        The names of those that stay, as they hold what is nowhere else.

    Raises:
        AccessError: it is refused.
        StoreError: one cannot be deleted.
    """
    with authoriser.access(Operation.DISCARD_DATABASES, subject=_subject(databases)):
        for database, report in zip(databases, reports, strict=True):
            report["discarded"] = report["complete"]
            if report["complete"]:
                database.discard()
    return [report["name"] for report in reports if not report["complete"]]


def _subject(databases: Sequence[DamagedDatabase]) -> AccessSubject:
    return AccessSubject(tuple(f"database:{database.folder.name}" for database in databases))


def _salvage(store: UnitStore, database: DamagedDatabase, progress: PageCounter) -> dict[str, Any]:
    """The report of a database; one salvaged whole is not read again: what was deleted since would come back."""
    report = database.report
    if report is None or not report.get("complete"):
        report = _run(store, database, progress)
    else:
        there = Counter(report["already_there"]) + Counter(report["saved"])
        report = report | {"saved": {}, "already_there": dict(there), "queued_again": 0, "images_adopted": 0}
    return {
        "name": database.folder.name,
        "bytes": database.size_bytes,
        "rows_saved": sum(report["saved"].values()),
        "rows_already_there": sum(report["already_there"].values()),
        **report,
    }


def _run(store: UnitStore, database: DamagedDatabase, progress: PageCounter) -> dict[str, Any]:
    directory = store.database.path.parent / LISTS_DIRECTORY
    lists = frozenset(path.name for path in directory.glob("*"))
    salvage = Salvage(store.database, store.images, store.replacement.key, lists)
    done = salvage.run(database, lambda pages, total: progress(database.folder.name, pages, total))
    return done.figures()
