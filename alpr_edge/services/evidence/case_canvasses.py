"""The canvasses of a case, as its package shows them: table and map of what was read around the crime scene."""

from collections.abc import Collection
from dataclasses import dataclass

from alpr_edge.access.authorisation.authoriser import AccessSubject, Authoriser
from alpr_edge.access.authorisation.operations import Operation
from alpr_edge.domain.canvass.canvass import Canvass
from alpr_edge.evidence.content import PackageCanvass
from alpr_edge.services.canvass.canvass_results import record_partials
from alpr_edge.services.canvass.unit_canvasses import canvass_purpose
from alpr_edge.store.canvass.canvass_rows import canvasses_of, held_count
from alpr_edge.store.canvass.held_rows import canvass_reads, held_reads_of
from alpr_edge.store.db.database import Database


@dataclass(frozen=True, slots=True)
class CaseCanvasses:
    """The canvasses of a case."""

    shown: tuple[PackageCanvass, ...] = ()
    """Those that go into the package, the oldest first."""
    withheld: int = 0
    """Those that whoever exports may not see."""

    @property
    def read_count(self) -> int:
        """Rows of all their tables; a read may be in several."""
        return sum(len(each.held) for each in self.shown)


def case_canvasses(database: Database, authoriser: Authoriser, case: str, read_ids: Collection[str]) -> CaseCanvasses:
    """The canvasses of a case, running and ended; each is an access of its own for its own incident, on record.

    Partial plates are among what a canvass tells. Whoever may export a case and not see canvasses gets its reads alone.
    """
    with database.read() as connection:
        found = canvasses_of(connection, case)
    if not authoriser.decide(Operation.SHOW_CANVASS_RESULT, None).is_allowed:
        return CaseCanvasses(withheld=len(found))
    packed = frozenset(read_ids)
    return CaseCanvasses(tuple(_package_canvass(database, authoriser, each, packed) for each in found))


def _package_canvass(
    database: Database, authoriser: Authoriser, canvass: Canvass, read_ids: Collection[str]
) -> PackageCanvass:
    purpose, subject = canvass_purpose(canvass), AccessSubject((canvass.canvass_id,))
    with authoriser.access(Operation.SHOW_CANVASS_RESULT, purpose, subject) as access:
        held = [each for each in held_reads_of(database, canvass) if each.read_id in read_ids]
        with database.read() as connection:
            left_out = max(0, held_count(connection, canvass.canvass_id) - len(held))
        record_partials(authoriser, purpose, canvass, held)
        access.show(tuple(each.read_id for each in held))
        return PackageCanvass(canvass, held, canvass_reads(database, canvass, held), left_out)
