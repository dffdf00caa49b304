"""The department's benchmark: a small fleet's reads are all there, and one that is missing or doubled is told."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from alpr_edge.department.pki.authority import initialise
from alpr_edge.domain.errors import UplinkError
from scripts.benchmarks.department.fleet import FleetResult
from scripts.benchmarks.department.measure import FleetSize, measure, require_all

SIZE = FleetSize(units=4, reads=20, batch=5)


def test_every_read_has_a_receipt_and_one_that_is_lost_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = initialise(tmp_path / "department", ["127.0.0.1"]).directory
    measure("sqlite", directory, SIZE)
    figures = {line["figure"]: line for line in map(json.loads, capsys.readouterr().out.splitlines())}
    assert figures["department.sqlite.reads_per_s"]["of"] == SIZE.total
    assert figures["department.receipt_p99_ms"]["engine"] == "sqlite"
    total = SIZE.total + SIZE.units * 5
    require_all(directory, FleetResult(receipts=total), total)
    for receipts, statement in ((total - 1, ""), (total, "DELETE FROM reads WHERE rowid = 7")):
        with closing(sqlite3.connect(directory / "department.db")) as connection, connection:
            connection.execute(statement)
        with pytest.raises(UplinkError, match=f"of {total} reads {receipts} have receipts"):
            require_all(directory, FleetResult(receipts=receipts), total)
