import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from alpr_edge.capture.pictures import load_picture
from alpr_edge.domain.errors import CaptureError


def test_a_colour_picture_is_bgr_and_read_only(tmp_path: Path) -> None:
    Image.new("RGB", (40, 30), (250, 10, 20)).save(tmp_path / "red.png")
    pixels = load_picture(tmp_path / "red.png")
    assert pixels.shape == (30, 40, 3)
    assert pixels[0, 0].tolist() == [20, 10, 250]
    with pytest.raises(ValueError, match="read-only"):
        pixels[0, 0] = 0


def test_grey_alpha_palette_and_16_bits_become_bgr_in_8_bits(tmp_path: Path) -> None:
    Image.new("L", (8, 8), 77).save(tmp_path / "grey.png")
    Image.new("RGBA", (8, 8), (1, 2, 3, 9)).save(tmp_path / "alpha.png")
    Image.new("P", (8, 8)).save(tmp_path / "palette.png")
    cv2.imwrite(str(tmp_path / "deep.png"), np.full((8, 8), 77 * 257, np.uint16))
    for name, first in {"grey": [77] * 3, "alpha": [3, 2, 1], "palette": [0] * 3, "deep": [77] * 3}.items():
        pixels = load_picture(tmp_path / f"{name}.png")
        assert pixels.shape == (8, 8, 3)
        assert pixels.dtype == np.uint8
        assert pixels[0, 0].tolist() == first


def test_a_phone_held_upright_gives_an_upright_picture(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn by 90 degrees
    Image.new("RGB", (40, 30)).save(tmp_path / "phone.jpg", exif=exif)
    assert load_picture(tmp_path / "phone.jpg").shape == (40, 30, 3)


def bomb() -> bytes:
    """A PNG of 100 000 x 100 000 pixels in a few hundred bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)

    header = (100_000).to_bytes(4) * 2 + bytes([1, 0, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")
    )


def test_what_is_no_picture_is_refused_in_one_line(tmp_path: Path) -> None:
    Image.effect_noise((200, 200), 90).save(tmp_path / "whole.png")
    whole = (tmp_path / "whole.png").read_bytes()
    for name, data, reason in [
        ("empty.jpg", b"", "empty"),
        ("text.jpg", b"a letter to the department", "not an image"),
        ("cut.png", whole[: len(whole) // 2], "damaged"),
        ("bomb.png", bomb(), "50 megapixels"),
    ]:
        (tmp_path / name).write_bytes(data)
        with pytest.raises(CaptureError, match=reason) as excinfo:
            load_picture(tmp_path / name)
        assert "\n" not in str(excinfo.value)


def test_pictures_over_the_limit_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    for side_px in (7_100, 10_000):
        Image.new("1", (side_px, side_px)).save(tmp_path / "large.png")
        with pytest.raises(CaptureError, match=f"{side_px} x {side_px} pixels, 50 megapixels"):
            load_picture(tmp_path / "large.png")


def test_missing_files_and_folders_are_no_pictures(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="no such file"):
        load_picture(tmp_path / "none.jpg")
    with pytest.raises(CaptureError, match="is no file"):
        load_picture(tmp_path)
