"""Scenes in the package of a case: of a read none of whose hits goes along as small as of one without."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.services.evidence.case_rig import UNIT, contents, jpeg, open_rig, scene
from tests.staff import Staff
from tests.store.records import SCENE, closed, decided, hit, plate_read
from tests.units import write_unit


@pytest.mark.review2(8)
def test_a_scene_tells_nothing_of_a_covert_hit(tmp_path: Path, medium: Path) -> None:
    sharp = jpeg(scene(1, 1280, 720))
    with open_rig(Staff(write_unit(tmp_path, UNIT, ""))) as rig:
        reads = [plate_read(f"{UNIT}:read-{number}", f"7ABC12{number}") for number in (1, 2)]
        silent = hit(f"{UNIT}:hit-1", reads[0].read_id, reads[0].plate)
        silent = replace(silent, entry=replace(silent.entry, covert=True))
        for read, hits in zip(reads, ((silent,), ()), strict=True):
            rig.store.reads.commit([decided(read, hits, images=((SCENE, sharp),)), closed(read)])
        rig.hold(*reads)
        with rig.staff.authoriser("supervisor") as supervisor:
            files = contents(rig.export(medium, supervisor))
        cleared = contents(rig.export(medium))
    first, second = (body for name, body in files.items() if name.endswith("scene.jpg"))
    assert first == second != sharp
    assert [body for name, body in cleared.items() if name.endswith("scene.jpg")] == [sharp, sharp]
