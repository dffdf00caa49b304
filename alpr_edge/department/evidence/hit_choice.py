"""Tells the hits of a case that whoever books it out may see from those that are withheld (policy 462.4(e))."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, RowMapping, or_, select

from alpr_edge.access.authorisation.authoriser import Access
from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.db.schema import hits
from alpr_edge.department.evidence.case_choice import IDS_AT_ONCE, ReadIdentity
from alpr_edge.department.search.pages import FoundRead
from alpr_edge.department.settings import HitsTable
from alpr_edge.domain.access_log.case_records import ENTRY
from alpr_edge.domain.hits import OWN_SOURCE
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.domain.protocol.hits import alert_item_ids
from alpr_edge.evidence.content import ListGeneration

_NAMES = ("", *alert_item_ids(""))
"""What records put before the id of a hit."""


@dataclass(frozen=True, slots=True)
class ListRights:
    """Which hits somebody may see, and so book out.

    Args:
        sees_covert: whether they may see covert ones.
    """

    access: Access
    lists: HitsTable
    sees_covert: bool

    def may_show(self, source: str, is_covert: bool | None) -> bool:  # noqa: FBT001 - a fact of a row
        """Whether hits of a list are shown to them; where a unit did not say whether one is covert, it may be."""
        return self.may_know(is_covert) and self.access.may_see(self.lists.permission_of(source))

    @property
    def sees_all(self) -> bool:
        """Whether there is no hit that is not shown to them."""
        return self.sees_covert and all(map(self.access.may_see, SourcePermission))

    def may_know(self, is_covert: bool | None) -> bool:  # noqa: FBT001 - likewise
        """Whether they may be told that there are such hits: to others there are none that are covert."""
        return self.sees_covert or is_covert is False


@dataclass(slots=True)
class ChosenHits:
    """The hits of the reads of a case."""

    shown: dict[ReadIdentity, list[str]] = field(default_factory=lambda: defaultdict(list))
    """By their read, the ids of those that go into the package."""
    withheld: dict[ReadIdentity, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Likewise those that do not."""
    generations: set[tuple[str, int]] = field(default_factory=set)
    """Source and serial of the lists that those shown are of."""
    told_count: int = 0
    """How many are withheld because of their list alone, which is told; of covert ones nothing is."""

    sees_all: bool = False
    """Whether whoever books it out may see every hit."""

    def is_scene_plain(self, identity: ReadIdentity) -> bool:
        """Whether the scene of a read is to be as that of one without a hit: they are shown none of its hits."""
        return not self.sees_all and identity not in self.shown

    @property
    def count(self) -> int:
        """How many are shown."""
        return sum(map(len, self.shown.values()))

    def lists(self) -> tuple[ListGeneration, ...]:
        """The generations of lists, as a package names them; when they were issued, units do not send."""
        return tuple(ListGeneration(source, serial, None, None) for source, serial in sorted(self.generations))


def choose_hits(database: DepartmentDatabase, reads: Sequence[FoundRead], rights: ListRights) -> ChosenHits:
    """The hits of some reads, by what somebody may see.

    Args:
        rights: which hits they may see.
    """
    chosen, wanted = ChosenHits(sees_all=rights.sees_all), {(read.unit_id, read.read_id) for read in reads}
    ids = sorted({read.read_id for read in reads})
    for start in range(0, len(ids), IDS_AT_ONCE):
        query = select(hits).where(hits.c.read_id.in_(ids[start : start + IDS_AT_ONCE])).order_by(hits.c.hit_id)
        with database.reading() as connection:
            rows = [row for row in connection.execute(query) if (row.unit_id, row.read_id) in wanted]
        for row in rows:
            if not rights.may_show(row.source, row.covert):
                chosen.withheld[row.unit_id, row.read_id].append(row.hit_id)
                chosen.told_count += rights.may_know(row.covert)
                continue
            chosen.shown[row.unit_id, row.read_id].append(row.hit_id)
            chosen.generations.add((row.source, row.generation))
    return chosen


def shows_hit_of(connection: Connection, identity: ReadIdentity, rights: ListRights) -> bool:
    """Whether somebody may see a hit of a read, or would see it if there were one."""
    query = select(hits.c.source, hits.c.covert).where(hits.c.unit_id == identity[0], hits.c.read_id == identity[1])
    return any(rights.may_show(row.source, row.covert) for row in connection.execute(query)) or rights.sees_all


def names_of(hit_ids: Iterable[str]) -> Iterator[str]:
    """What records of their unit call hits."""
    return (f"{prefix}{hit_id}" for hit_id in hit_ids for prefix in _NAMES)


@dataclass(slots=True)
class WithheldNames:
    """What records name that is withheld from somebody, each with its unit."""

    names: set[tuple[str, str]] = field(default_factory=set)
    """All that is withheld."""
    covert: set[tuple[str, str]] = field(default_factory=set)
    """Of these, what nothing is told of, not even how many there are."""
    plain_entries: set[tuple[str, str]] = field(default_factory=set)
    """Officers' entries that a hit shows not to be covert."""


def withheld_among(
    database: DepartmentDatabase, named: Mapping[str, Collection[str]], rights: ListRights
) -> WithheldNames:
    """Of what records name, by unit: that which is of hits that are withheld."""
    found = WithheldNames()
    for unit_id, names in named.items():
        ordered = sorted(names)
        for start in range(0, len(ordered), IDS_AT_ONCE):
            part = ordered[start : start + IDS_AT_ONCE]
            for row in _hits_named(database, unit_id, part):
                entry = f"{ENTRY}{row['record_id']}"
                if row["source"] == OWN_SOURCE and row["covert"] is False:
                    found.plain_entries.add((unit_id, entry))
                if not rights.may_show(row["source"], row["covert"]):
                    calls = {*names_of([row["hit_id"]]), entry}
                    those = {(unit_id, name) for name in part if name in calls}
                    found.names |= those
                    found.covert |= those if not rights.may_know(row["covert"]) else set()
    return found


def _hits_named(database: DepartmentDatabase, unit_id: str, names: Sequence[str]) -> Sequence[RowMapping]:
    """The hits of a unit that are named, or whose list entry is."""
    entries = [name.removeprefix(ENTRY) for name in names if name.startswith(ENTRY)]
    ids = {name.removeprefix(prefix) for name in names for prefix in _NAMES}
    columns = hits.c.hit_id, hits.c.record_id, hits.c.source, hits.c.covert
    are_named = or_(hits.c.hit_id.in_(ids), hits.c.record_id.in_(entries))
    with database.reading() as connection:
        return connection.execute(select(*columns).where(hits.c.unit_id == unit_id, are_named)).mappings().all()
