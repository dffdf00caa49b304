"""What a replay writes of records whose pictures were dropped, as it did not keep up at its own pace."""

from pathlib import Path

from alpr_edge.app.pipeline.camera_worker import without_pictures
from alpr_edge.app.replay.output import DriveFiles
from alpr_edge.domain.reads import ReadClosed
from tests.app.pipeline.test_recorder import decision


def test_a_read_without_pictures_has_its_line_and_no_still(tmp_path: Path) -> None:
    files, event = DriveFiles(tmp_path), decision()
    files.observe([without_pictures(event), ReadClosed(event.read, None)])
    files.close()
    assert len((tmp_path / "reads.jsonl").read_text(encoding="utf-8").splitlines()) == 1
    assert list((tmp_path / "stills").iterdir()) == []
