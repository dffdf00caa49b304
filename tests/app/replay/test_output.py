"""What a replay writes of records whose pictures were dropped, as it did not keep up at its own pace."""

import json
from dataclasses import replace
from pathlib import Path

from alpr_edge.app.pipeline.pipeline import without_pictures
from alpr_edge.app.replay.output import DriveFiles
from alpr_edge.domain.alerting import AlertRecord, LateTone, Level, Silence, Tone
from alpr_edge.domain.reads import Evidence, ReadStage, ReadUpdate
from alpr_edge.domain.recognition.vehicle_pass import NO_EVIDENCE
from tests.app.pipeline.test_recorder import decision, end, hit_of, with_hits
from tests.store.records import alert, instant


def test_a_read_without_pictures_has_its_line_and_no_still(tmp_path: Path) -> None:
    files, event = DriveFiles(tmp_path), decision()
    files.observe([without_pictures(event), end(event)])
    files.close()
    assert len((tmp_path / "reads.jsonl").read_text(encoding="utf-8").splitlines()) == 1
    assert list((tmp_path / "stills").iterdir()) == []


def test_a_hit_whose_tone_came_late_is_told_as_one_that_sounded(tmp_path: Path) -> None:
    files, event = DriveFiles(tmp_path), decision()
    quiet = AlertRecord(alert(), silence=Silence.COOLDOWN)
    files.observe([without_pictures(replace(with_hits(event, hit_of("read-1")), alerts=(quiet,)))])
    late = replace(quiet, late_tone=LateTone(alert(), instant(900)))
    files.observe([ReadUpdate(ReadStage.AMENDED, event.read, event.at, alerts=(late,))])
    files.close()
    (text,) = (tmp_path / "hits.jsonl").read_text(encoding="utf-8").splitlines()
    line = json.loads(text)
    assert (line["hit_id"], line["sounded"], line["silence"]) == ("hit-1", True, "cooldown")
    assert json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))["alerts"] == 1


def test_a_hit_that_sounded_graver_once_its_read_was_certain_has_one_line_with_that(tmp_path: Path) -> None:
    files, event = DriveFiles(tmp_path), decision()
    possible = AlertRecord(replace(alert(), level=Level.NOTICE, tone=Tone.POSSIBLE), instant(450))
    files.observe([without_pictures(replace(with_hits(event, hit_of("read-1")), alerts=(possible,)))])
    certain = replace(possible, late_tone=LateTone(alert(), instant(900)))
    files.observe([ReadUpdate(ReadStage.AMENDED, event.read, event.at, alerts=(certain,))])
    files.close()
    (text,) = (tmp_path / "hits.jsonl").read_text(encoding="utf-8").splitlines()
    line = json.loads(text)
    assert (line["level"], line["tone"], line["sounded"]) == ("high", "high", True)
    summary = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert (summary["hits"], summary["alerts"]) == (1, 2)


def test_the_still_of_a_read_whose_sharper_frame_was_given_up_is_that_of_its_decision(tmp_path: Path) -> None:
    files, event = DriveFiles(tmp_path), decision()
    assert event.evidence is not None
    sharper = Evidence(event.evidence.crop, NO_EVIDENCE.scene)
    files.observe([event, end(event, sharper)])
    files.close()
    assert [path.name for path in (tmp_path / "stills").iterdir()] == ["0001.jpg"]
