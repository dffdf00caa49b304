"""Reads the rows of a damaged database page by page: a row can be read when its own page can.

The trees are walked from their roots as far as they go. What lies under a damaged page is found without it: a page that
is whole, that no tree leads to and that is not free, is one of those, and which table its rows belong to shows by their
shape, for every table is STRICT. ("Carving" is forensics' word for it; SQLite's own ``.recover`` works alike.) Where
the list of free pages is damaged too, or lies in a damaged log, rows deleted before may come back; their ids keep them
from being doubled.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from alpr_edge.store.sqlite_forensics.btree import BrokenError, Node, PageType, Value, free_pages, node_of
from alpr_edge.store.sqlite_forensics.pages import Pages

SCHEMA_ROOT = 1
DEPTH_MAX = 20
_TYPES: dict[str, type | tuple[type, ...]] = {"INTEGER": int, "REAL": (int, float), "TEXT": str, "BLOB": bytes}
"""SQLite writes a whole REAL as an integer."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the database declares it."""

    name: str
    type: str
    not_null: bool
    has_default: bool


@dataclass(frozen=True, slots=True)
class RowShape:
    """The form of a table's rows."""

    table: str
    columns: tuple[str, ...]
    """In the order of the database, which migrations only add to."""
    types: tuple[str, ...]
    not_null: tuple[bool, ...]
    """Whether a value must be there; false for the one that is the row's number."""
    by_key: bool
    """Whether the table is WITHOUT ROWID."""
    least: int
    """Values of the shortest row: one written before a migration added columns."""

    def fits(self, kind: PageType, values: tuple[Value, ...]) -> bool:
        """Whether these may be a row of it, on a page of that kind."""
        if self.by_key == kind.is_table or not self.least <= len(values) <= len(self.columns):
            return False
        triples = zip(values, self.types, self.not_null, strict=False)
        return all(_is_of(value, type_, not_null=not_null) for value, type_, not_null in triples)

    def row(self, values: tuple[Value, ...]) -> dict[str, Value]:
        """The values by the names of their columns; columns that a newer release added are left out."""
        return dict(zip(self.columns, values, strict=False))


@dataclass(frozen=True, slots=True)
class CarvedRow:
    """A row that was read off a page."""

    table: str
    values: dict[str, Value]
    page: int
    """Number of the page it was on."""


@dataclass(slots=True)
class Carver:
    """Reads rows off the pages."""

    pages: Pages
    shapes: dict[str, RowShape]
    damaged_pages: int = 0
    """Pages in use that cannot be read in their newest version, and frames of no page that is known."""
    rows_broken: int = 0
    """Rows that continue on a damaged page."""
    pages_read: int = 0
    """Pages whose rows were taken so far."""
    _reached_pages: set[int] = field(default_factory=set)
    _known_roots: dict[str, int] = field(default_factory=dict)

    def rows(self) -> Iterator[CarvedRow]:
        """Every row, table after table in the order of :attr:`shapes`; after it the figures stand."""
        roots = self._roots()
        for root in (root for table, root in roots.items() if table not in self.shapes):
            self._mark_tree(root)
        page_numbers = {table: list[int]() for table in self.shapes}
        for table in self.shapes:
            for node in self._walk(roots[table]) if table in roots else ():
                page_numbers[table].append(node.number)
        orphans = self._orphans()
        for table, shape in self.shapes.items():
            for number in (*page_numbers[table], *orphans.get(table, ())):
                self.pages_read += 1
                yield from self._rows_of(number, shape)
        self.damaged_pages = (
            sum(not self.pages.is_newest_whole(number) for number in self._reached_pages) + self.pages.nameless
        )

    def table(self, name: str) -> Iterator[CarvedRow]:
        """The rows of one table as far as its tree leads, which for a small one takes no time."""
        root = self._roots().get(name)
        for node in self._walk(root) if root is not None else ():
            yield from self._rows_of(node.number, self.shapes[name])

    def _roots(self) -> dict[str, int]:
        """First pages of tables and indices by name; of those that page 1 still tells."""
        if not self._known_roots:  # the pages of the schema are reached once
            for node in self._walk(SCHEMA_ROOT):
                for row in node.rows(self.pages.page):
                    if row is not None and len(row) == 5 and isinstance(row[1], str) and isinstance(row[3], int):
                        self._known_roots[row[1]] = row[3]
        return self._known_roots

    def _walk(self, root: int, depth: int = 0) -> Iterator[Node]:
        """Yield the nodes of a tree that can be reached, and mark their pages as reached."""
        self._reached_pages.add(root)
        page = self.pages.page(root)
        node = None if page is None else node_of(root, page)
        if node is None:
            return
        yield node
        try:
            self._reached_pages.update(node.continuations(self.pages.page))
            children = node.children if depth < DEPTH_MAX else []
        except BrokenError:
            return
        for child in children:
            if child not in self._reached_pages:
                yield from self._walk(child, depth + 1)

    def _mark_tree(self, root: int) -> None:
        """Mark the pages of a tree whose rows are not wanted."""
        for _ in self._walk(root):
            pass

    def _rows_of(self, number: int, shape: RowShape) -> Iterator[CarvedRow]:
        page = self.pages.page(number)
        node = None if page is None else node_of(number, page)
        for values in node.rows(self.pages.page) if node is not None else ():
            if values is None:
                self.rows_broken += 1
            else:
                yield CarvedRow(shape.table, shape.row(values), number)

    def _orphans(self) -> dict[str, list[int]]:
        """Pages that are whole, in use, and that nothing leads to, by the one table whose rows look like theirs."""
        by_table: dict[str, list[int]] = {}
        for number in self.pages.numbers - self._reached_pages - self._free():
            self._reached_pages.add(number)
            page = self.pages.page(number)
            node = None if page is None else node_of(number, page)
            if node is not None and (table := self._table_of(node)) is not None:
                by_table.setdefault(table, []).append(number)
        return by_table

    def _free(self) -> set[int]:
        """Pages out of use; a list that may be an older version says nothing of those that may be in use again."""
        first = self.pages.page(SCHEMA_ROOT)
        return set() if first is None else free_pages(first, self.pages.page) - self.pages.uncertain_pages

    def _table_of(self, node: Node) -> str | None:
        rows = [values for values in node.rows(self.pages.page) if values is not None]
        able = [shape for shape in self.shapes.values() if rows and all(shape.fits(node.kind, row) for row in rows)]
        exact = [shape for shape in able if len(shape.columns) == len(rows[0])]
        candidates = exact or able
        return candidates[0].table if len(candidates) == 1 else None


def shape_of(table: str, columns: Iterable[Column], *, by_key: bool) -> RowShape:
    """The shape of a table's rows by its columns, in order."""
    column_list = list(columns)
    # Rows of a table WITHOUT ROWID may look like those of an index: no such table was ever added to, so all are long.
    required_places = [
        place for place, column in enumerate(column_list, 1) if by_key or (column.not_null and not column.has_default)
    ]
    return RowShape(
        table,
        columns=tuple(column.name for column in column_list),
        types=tuple(column.type for column in column_list),
        not_null=tuple(column.not_null for column in column_list),
        by_key=by_key,
        least=max(required_places, default=1),
    )


def _is_of(value: Value, type_: str, *, not_null: bool) -> bool:
    if value is None:
        return not not_null
    return isinstance(value, _TYPES[type_])
