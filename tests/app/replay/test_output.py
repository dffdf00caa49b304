"""What a replay writes of records whose pictures were dropped, as it did not keep up at its own pace."""

import json
from dataclasses import replace
from pathlib import Path

from alpr_edge.app.pipeline.camera_passes import without_pictures
from alpr_edge.app.replay.output import DriveFiles
from alpr_edge.domain.alerting import Level, Tone
from alpr_edge.domain.reads import Evidence, LateTone, ReadClosed, ReadSettled
from alpr_edge.domain.recognition.vehicle_pass import NO_EVIDENCE
from tests.app.pipeline.test_recorder import decision, hit_of
from tests.store.records import alert, instant


def test_a_read_without_pictures_has_its_line_and_no_still(tmp_path: Path) -> None:
    files, event = DriveFiles(tmp_path), decision()
    files.observe([without_pictures(event), ReadClosed(event.read, None)])
    files.close()
    assert len((tmp_path / "reads.jsonl").read_text(encoding="utf-8").splitlines()) == 1
    assert list((tmp_path / "stills").iterdir()) == []


def test_a_hit_whose_tone_came_late_is_told_as_one_that_sounded(tmp_path: Path) -> None:
    files, event = DriveFiles(tmp_path), decision()
    quiet = replace(event, hits=(hit_of("read-1"),), alert=alert())
    files.observe([without_pictures(quiet)])
    files.observe([without_pictures(replace(event, withdraws="read-0", late_tone=LateTone(alert(), instant(900))))])
    files.close()
    (line,) = (tmp_path / "hits.jsonl").read_text(encoding="utf-8").splitlines()
    assert (json.loads(line)["hit_id"], json.loads(line)["sounded"]) == ("hit-1", True)
    assert json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))["alerts"] == 1


def test_a_hit_that_sounded_graver_once_its_read_was_certain_has_one_line_with_that(tmp_path: Path) -> None:
    files, event = DriveFiles(tmp_path), decision()
    possible = replace(alert(), level=Level.NOTICE, tone=Tone.POSSIBLE)
    files.observe([without_pictures(replace(event, hits=(hit_of("read-1"),), alert=possible, sounded_at=instant(450)))])
    files.observe([ReadSettled(event.read, instant(800), alert=alert(), sounded_at=instant(900))])
    files.close()
    (text,) = (tmp_path / "hits.jsonl").read_text(encoding="utf-8").splitlines()
    line = json.loads(text)
    assert (line["level"], line["tone"], line["sounded"]) == ("high", "high", True)
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert (summary["hits"], summary["alerts"]) == (1, 2)


def test_the_still_of_a_read_whose_sharper_frame_was_given_up_is_that_of_its_decision(tmp_path: Path) -> None:
    files, event = DriveFiles(tmp_path), decision()
    sharper = Evidence(event.evidence.crop, NO_EVIDENCE.scene)
    files.observe([event, ReadClosed(event.read, sharper)])
    files.close()
    assert [path.name for path in (tmp_path / "stills").iterdir()] == ["0001.jpg"]
