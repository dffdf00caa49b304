import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from tests.app.rig import PLATES, write_frames, write_settings


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    return write_settings(tmp_path, tmp_path / "frames", fps=50, pass_gap_ms=40)


def drive(source: Path | str, settings: Path, out: Path, *more: str) -> Result:
    arguments = ["drive", "--source", str(source), "--settings", str(settings), "--out", str(out), "--fps", "50", *more]
    return CliRunner().invoke(app, arguments)


def test_a_folder_is_driven_matched_and_summed_up(tmp_path: Path, settings: Path) -> None:
    frames = write_frames(tmp_path / "frames", [0, 1, 2])
    hotlist = tmp_path / "hotlist.csv"
    hotlist.write_text(f"Plate Number,Description,State/Province\n{PLATES[1]},Stolen Vehicle,CA\n", encoding="utf-8")
    out = tmp_path / "out"
    result = drive(frames, settings, out, "--hotlist", str(hotlist), "--start", "2026-03-01T08:30:00Z", "--json")
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    assert summary == json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert (summary["frames"], summary["reads"], summary["hits"], summary["alerts"]) == (18, 3, 1, 1)
    reads = [json.loads(line) for line in (out / "reads.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [read["plate"] for read in reads] == list(PLATES[:3])
    assert [(read["first_frame"], read["last_frame"]) for read in reads] == [(0, 2), (6, 8), (12, 14)]
    assert reads[1]["first_seen"] == "2026-03-01T08:30:00.120Z"
    assert {read["position"] for read in reads} == {None}


def test_the_reads_are_printed(tmp_path: Path, settings: Path) -> None:
    frames = write_frames(tmp_path / "frames", [0, 1])
    output = drive(frames, settings, tmp_path / "out", "--start", "2026-03-01T08:30:00Z").stdout
    for plate in PLATES[:2]:
        assert f"  2026-03-01 08:30:00  {plate}  " in output


def test_a_damaged_picture_costs_itself_alone(tmp_path: Path, settings: Path) -> None:
    frames = write_frames(tmp_path / "frames", [0, 1])
    (frames / "00003.png").write_bytes(b"")
    (frames / "00004.png").write_bytes(b"no picture")
    result = drive(frames, settings, tmp_path / "out", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["reads"] == 2


def test_a_truncated_video_keeps_what_it_gave_and_says_so(tmp_path: Path, settings: Path) -> None:
    video = tmp_path / "drive.avi"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), 10, (640, 360))
    for level in [8] * 5 + [0] * 5 + [16] * 200:
        writer.write(np.full((360, 640, 3), level, np.uint8))
    writer.release()
    video.write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    result = drive(video, settings, tmp_path / "out", "--json")
    assert result.exit_code == 1
    assert "Traceback" not in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert json.loads(result.stdout)["reads"] >= 1


def test_a_department_that_is_down_leaves_everything_in_the_outbox(tmp_path: Path) -> None:
    frames = write_frames(tmp_path / "frames", [0])
    settings = write_settings(tmp_path, frames, "https://127.0.0.1:9")
    result = drive(frames, settings, tmp_path / "out", "--json", "--upload-timeout", "1")
    assert result.exit_code == 1
    # A read with two pictures; two records of the access log and the checkpoint over them.
    assert json.loads(result.stdout)["outbox_left"] == 6
    assert "6 items wait in the outbox" in result.stderr


@pytest.mark.parametrize(
    ("name", "content", "option", "says"),
    [
        ("log.nmea", b"\xff\x00$GPRMC,garbage*00\r\n" * 50, "--nmea", "no NMEA sentence in it"),
        ("svs.tbl", b"DATE07/02/2018 09:00\r\nABC1234   CA1220190515\r\n", "--hotlist", "refused"),
        ("list.csv", b"", "--hotlist", "refused"),
    ],
)
def test_what_comes_with_a_recording_is_checked(
    tmp_path: Path, settings: Path, name: str, content: bytes, option: str, says: str
) -> None:
    frames = write_frames(tmp_path / "frames", [0])
    (tmp_path / name).write_bytes(content)
    result = drive(frames, settings, tmp_path / "out", option, str(tmp_path / name))
    assert result.exit_code == 1
    assert says in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("source", "more", "says"),
    [
        ("nothing-here.mp4", (), "no such file or folder"),
        ("simulated:one", (), "must be a whole number"),
        ("frames", ("--start", "yesterday"), "not a time"),
        ("frames", ("--settings", "missing.toml"), "no such file"),
    ],
)
def test_wrong_arguments_are_one_line(
    tmp_path: Path, settings: Path, source: str, more: tuple[str, ...], says: str
) -> None:
    write_frames(tmp_path / "frames", [0])
    result = drive(tmp_path / source if source == "frames" else source, settings, tmp_path / "out", *more)
    assert result.exit_code in {1, 2}
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_another_folder_is_never_emptied_and_an_earlier_drive_only_when_asked(tmp_path: Path, settings: Path) -> None:
    frames, out = write_frames(tmp_path / "frames", [0]), tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("mine", encoding="utf-8")
    assert "holds other files" in drive(frames, settings, out).stderr
    (out / "thesis.txt").unlink()
    assert drive(frames, settings, out).exit_code == 0
    assert "holds an earlier drive" in drive(frames, settings, out).stderr
    assert drive(frames, settings, out, "--force").exit_code == 0


def test_a_drive_that_failed_leaves_nothing_that_blocks_the_next(tmp_path: Path, settings: Path) -> None:
    frames = write_frames(tmp_path / "frames", [0])
    out = tmp_path / "out"
    assert drive(tmp_path / "nowhere", settings, out).exit_code == 1
    assert not out.exists()
    (tmp_path / "bad.csv").write_text("no hotlist", encoding="utf-8")
    assert drive(frames, settings, out, "--hotlist", str(tmp_path / "bad.csv")).exit_code == 1
    assert drive(frames, settings, out, "--force", "--json").exit_code == 0


def test_an_earlier_drive_stays_where_the_next_one_cannot_begin(tmp_path: Path, settings: Path) -> None:
    frames, out = write_frames(tmp_path / "frames", [0]), tmp_path / "out"
    assert drive(frames, settings, out).exit_code == 0
    before = (out / "reads.jsonl").read_text(encoding="utf-8")
    assert drive(tmp_path / "nowhere", settings, out, "--force").exit_code == 1
    assert "is inside the folder that the drive replaces" in drive(out, settings, out, "--force").stderr
    assert (out / "reads.jsonl").read_text(encoding="utf-8") == before
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".out")]
    assert drive(frames, settings, out, "--force").exit_code == 0


def test_a_drive_that_did_not_finish_is_replaced_when_asked(tmp_path: Path, settings: Path) -> None:
    frames = write_frames(tmp_path / "frames", [0])
    out = tmp_path / "out"
    assert drive(frames, settings, out).exit_code == 0
    (out / "summary.json").unlink()
    assert "holds an earlier drive" in drive(frames, settings, out).stderr
    assert drive(frames, settings, out, "--force").exit_code == 0


@pytest.mark.parametrize("option", ["--source", "--hotlist"])
def test_a_drive_that_read_nothing_leaves_its_folder_to_the_corrected_command(
    tmp_path: Path, settings: Path, option: str
) -> None:
    frames, out, junk = write_frames(tmp_path / "frames", [0]), tmp_path / "out", tmp_path / "junk.mp4"
    junk.write_bytes(b"junk" * 1000)
    failed = drive(frames, settings, out, option, str(junk))
    assert (failed.exit_code, len(failed.stderr.splitlines())) == (1, 1), failed.output
    assert not out.exists()
    assert drive(frames, settings, out).exit_code == 0


def test_an_earlier_drive_stays_where_the_next_one_is_of_no_video(tmp_path: Path, settings: Path) -> None:
    frames, out, junk = write_frames(tmp_path / "frames", [0]), tmp_path / "out", tmp_path / "junk.mp4"
    junk.write_bytes(b"junk" * 1000)
    assert drive(frames, settings, out).exit_code == 0
    before = (out / "reads.jsonl").read_text(encoding="utf-8")
    assert drive(junk, settings, out, "--force").exit_code == 1
    assert (out / "reads.jsonl").read_text(encoding="utf-8") == before
