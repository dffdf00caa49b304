import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from alpr_edge.capture.recordings import FolderSource, VideoSource, VideoTimeline
from alpr_edge.domain.errors import CaptureError
from alpr_edge.domain.instants import Instant
from alpr_edge.domain.recognition.frames import Frame


def offsets_ms(frames: list[Frame], start: Instant) -> list[float]:
    return [frame.captured_at.ms_since(start) for frame in frames]


def until_error(frames: Iterator[Frame]) -> tuple[int, str]:
    received_frames = list[Frame]()
    with pytest.raises(CaptureError) as excinfo:
        received_frames.extend(frames)
    return len(received_frames), str(excinfo.value)


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "mp4v"), ("a.avi", "MJPG"), ("a.mkv", "mp4v")])
def test_a_video_gives_every_frame_at_its_time(
    make_video: Callable[..., Path], start: Instant, name: str, codec: str
) -> None:
    source = VideoSource(make_video(name, codec), "front", start)
    frames = list(source.frames())
    assert source.length() == 50
    assert [frame.number for frame in frames] == list(range(50))
    assert offsets_ms(frames, start) == pytest.approx([100.0 * n for n in range(50)], abs=0.1)
    assert [int(frame.pixels.mean()) for frame in frames[:40:10]] == pytest.approx([0, 40, 80, 120], abs=6)
    assert not any(frame.pixels.flags.writeable for frame in frames)


@pytest.mark.parametrize("name", ["a.avi", "a.mkv"])
def test_a_video_cut_short_gives_what_decodes_and_says_how_much(
    make_video: Callable[..., Path], start: Instant, name: str
) -> None:
    path = make_video(name, "MJPG")
    os.truncate(path, path.stat().st_size * 6 // 10)
    count, message = until_error(VideoSource(path, "front", start).frames())
    assert 20 <= count <= 40
    assert message.endswith(f"damaged or cut short, {count} of 50 frames could be decoded")


def test_an_mp4_without_its_index_is_refused(make_video: Callable[..., Path], start: Instant) -> None:
    path = make_video("a.mp4")
    os.truncate(path, path.stat().st_size * 6 // 10)
    count, message = until_error(VideoSource(path, "front", start).frames())
    assert count == 0
    assert "cut short" in message


def test_what_is_no_video_is_refused_in_one_line_and_nothing_else_is_said(
    tmp_path: Path, start: Instant, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.mp4").write_text("not a video", encoding="ascii")
    (tmp_path / "empty.mp4").touch()
    odd = Path(os.fsdecode(bytes(tmp_path) + b"/caf\xe9.mp4"))
    odd.touch()
    for path, reason in [
        (tmp_path / "text.mp4", "no video that can be decoded"),
        (tmp_path / "empty.mp4", "no video that can be decoded"),
        (tmp_path / "none.mp4", "no such file"),
        (tmp_path, "is no file"),
        (odd, "not valid UTF-8"),
    ]:
        for attempt in (VideoSource(path, "front", start).length, VideoSource(path, "front", start).frames().__next__):
            with pytest.raises(CaptureError, match=reason) as excinfo:
                attempt()
            assert "\n" not in str(excinfo.value)
    assert capfd.readouterr() == ("", "")


def test_a_playlist_named_as_a_video_reaches_no_network(tmp_path: Path, start: Instant) -> None:
    (tmp_path / "list.mp4").write_text(
        "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n", encoding="ascii"
    )
    assert until_error(VideoSource(tmp_path / "list.mp4", "front", start).frames())[0] == 0


def test_a_real_video_is_read_whole(shared_data: Path, start: Instant) -> None:
    source = VideoSource(shared_data / "video" / "cars.mp4", "front", start)
    times = offsets_ms(list(source.frames()), start)
    assert len(times) == source.length() == 339
    assert times == sorted(set(times))
    assert times[-1] == pytest.approx(18_700, abs=100)


@given(
    st.lists(st.floats() | st.floats(0, 1e5), min_size=1, max_size=40),
    st.floats() | st.floats(1, 100),
)
def test_time_only_goes_forward_whatever_the_container_says(container_ms: list[float], fps: float) -> None:
    timeline = VideoTimeline(fps)
    times = [timeline.next_ms(at_ms) for at_ms in container_ms]
    assert times[0] >= 0
    assert all(earlier < later for earlier, later in itertools.pairwise(times))


def test_a_container_without_times_runs_at_its_rate() -> None:
    timeline = VideoTimeline(20)
    assert [timeline.next_ms(0) for _ in range(4)] == [0, 50, 100, 150]


def test_a_folder_is_played_in_name_order(tmp_path: Path, start: Instant) -> None:
    for shade, name in [(30, "b.JPG"), (10, "A.png"), (20, "a10.png"), (25, "a9.bmp")]:
        Image.new("L", (8, 8), shade).save(tmp_path / name)
    (tmp_path / "notes.txt").touch()
    (tmp_path / "._b.jpg").touch()
    (tmp_path / "folder.png").mkdir()
    source = FolderSource(tmp_path, "front", 4, start)
    frames = list(source.frames())
    assert source.length() == 4
    assert [int(frame.pixels[0, 0, 0]) for frame in frames] == [10, 20, 25, 30]
    assert [frame.number for frame in frames] == [0, 1, 2, 3]
    assert offsets_ms(frames, start) == [0, 250, 500, 750]
    assert frames[0].camera_id == "front"


def test_a_bad_picture_does_not_end_the_drive(tmp_path: Path, start: Instant) -> None:
    for name in ("0.png", "2.png"):
        Image.new("L", (8, 8)).save(tmp_path / name)
    (tmp_path / "1.png").touch()
    source = FolderSource(tmp_path, "front", 10, start)
    with structlog.testing.capture_logs() as logs:
        frames = list(source.frames())
    assert [frame.number for frame in frames] == [0, 2]
    assert offsets_ms(frames, start) == [0, 200]
    assert source.unreadable == 1
    assert [(log["event"], log["file"]) for log in logs] == [("capture.image_unreadable", "1.png")]


def test_a_folder_that_gives_nothing_is_an_error(tmp_path: Path, start: Instant) -> None:
    empty, broken, file = tmp_path / "empty", tmp_path / "broken", tmp_path / "file"
    empty.mkdir()
    broken.mkdir()
    (broken / "a.png").touch()
    file.touch()
    for path, reason in [
        (empty, "holds no picture"),
        (broken, "none of its 1 pictures"),
        (tmp_path / "none", "no such folder"),
        (file, "is no folder"),
    ]:
        count, message = until_error(FolderSource(path, "front", 10, start).frames())
        assert count == 0
        assert reason in message
