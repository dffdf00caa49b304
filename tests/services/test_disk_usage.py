"""The figures of the disk hold no plate."""

from pathlib import Path

from alpr_edge.services.disk_usage import SLICES, disk_usage
from alpr_edge.settings import load
from alpr_edge.store.unit_store import open_store
from tests.store.records import decided_record
from tests.units import write_bare_unit


def test_the_figures_tell_what_is_kept_without_a_plate(tmp_path: Path) -> None:
    settings, ticks = load(write_bare_unit(tmp_path)), list[int]()
    with open_store(settings, migrate=True) as store:
        store.reads.commit([decided_record("read-1")])
        figures = disk_usage(store, settings, ticks.append)
    assert (figures["reads"], figures["reads_held"], ticks[-1]) == (1, 0, SLICES)
    assert "7ABC" not in str(figures)
