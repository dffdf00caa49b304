"""That kills of a department lose nothing, and that the comparison behind them finds what is wrong."""

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import text

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.images.choice import image_bucket
from scripts.soak.department.comparison import DeliveryFindings, compare
from scripts.soak.department.kills import DepartmentKill, KillCampaign, plan_kills
from scripts.soak.department.stand import DepartmentStand, department_stand

CHANGES = {
    "an item": "DELETE FROM items WHERE item_id = (SELECT min(item_id) FROM items WHERE kind = 'read')",
    "a row": "DELETE FROM reads WHERE read_id = (SELECT max(read_id) FROM reads)",
    "a body": "UPDATE items SET body = 'x' WHERE item_id = (SELECT max(item_id) FROM items WHERE kind = 'read')",
    "nobody's": (
        "INSERT INTO items (item_id, unit_id, kind, sha256, length, body, received_at) "
        "SELECT 'nobody', unit_id, 'access', sha256, length, body, received_at FROM items WHERE kind = 'hit' LIMIT 1"
    ),
}


def change(stand: DepartmentStand, statement: str) -> None:
    database = DepartmentDatabase(stand.directories[0], create=False)
    try:
        with database.writing() as connection:
            assert connection.execute(text(statement)).rowcount == 1
    finally:
        database.close()


def counts(found: DeliveryFindings) -> tuple[int, int, int]:
    return len(found.losses), len(found.duplicates), len(found.corrupt)


def test_each_kind_of_kill_has_its_share_and_the_seed_draws_the_same() -> None:
    kills = plan_kills(12, Random(1))
    assert all(kills.count(kind) == 2 for kind in DepartmentKill)
    assert kills == plan_kills(12, Random(1)) != plan_kills(12, Random(2))


@pytest.mark.slow
@pytest.mark.postgresql
def test_nothing_is_lost_and_what_is_taken_away_is_found(
    require_postgresql: Callable[[], Path], require_seaweedfs: Callable[[], Path], tmp_path: Path
) -> None:
    random = Random(3)
    with department_stand(tmp_path, (require_postgresql(), require_seaweedfs()), 2, random) as stand:
        campaign = KillCampaign(stand, random)
        assert len(list(campaign.run(list(DepartmentKill)))) == len(DepartmentKill)
        assert campaign.finish() == []
        found = compare(stand)
        assert counts(found) == (0, 0, 0)
        assert found.items > 100
        bucket = image_bucket(stand.directories[0])
        assert bucket is not None
        bucket.remove(next(iter(bucket.names())))
        assert counts(compare(stand)) == (1, 0, 1)
        change(stand, CHANGES["nobody's"])
        assert counts(compare(stand)) == (1, 1, 1)
        change(stand, CHANGES["a body"])
        assert counts(compare(stand)) == (1, 1, 2)
        change(stand, CHANGES["a row"])
        assert counts(compare(stand)) == (2, 1, 2)
        change(stand, CHANGES["an item"])
        assert counts(compare(stand)) == (3, 2, 2)  # its row is left without an item
