"""A whole unit in a folder that is fit: shipped models, a camera that sees the test card, keys, a receiver."""

import os
import re
import threading
import time
import tty
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Self

import cv2
import numpy as np
from typer.testing import CliRunner

from alpr_edge.cli import app
from alpr_edge.domain.diagnostics.test_card import CARD_MM
from alpr_edge.domain.recognition.frames import Pixels
from alpr_edge.settings import load
from alpr_edge.simulation.card import DPI, draw_card
from alpr_edge.store.db.database import Database
from alpr_edge.store.keys import load_key
from tests.position.test_sentence_merger import gga, rmc
from tests.units import write_unit

UNIT = "car-7"
CARD_PX = 150
FRAMES = 9
RECEIVER_KNOTS = 20.0
"""What :func:`~tests.position.test_sentence_merger.rmc` says of the speed."""


@cache
def card_frame(shift: int = 0) -> Pixels:
    """A street of noise with the card in it, 150 px wide: uint8 [720, 1280, 3]."""
    scale = CARD_PX / (CARD_MM / 25.4 * DPI)
    card = cv2.resize(draw_card("a4"), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    noise = np.random.default_rng(1).integers(60, 160, (720, 1280, 3)).astype(np.uint8)
    frame = cv2.GaussianBlur(noise, (0, 0), 2.5)
    frame[300 : 300 + card.shape[0], 500 + shift : 500 + shift + card.shape[1]] = card
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), 0.6), np.uint8)


def write_frames(folder: Path, change: Callable[[Pixels], Any] = lambda pixels: pixels) -> Path:
    """A camera's pictures, each of them changed."""
    folder.mkdir(exist_ok=True)
    frames = [cv2.imencode(".jpg", change(card_frame(shift)))[1].tobytes() for shift in range(3)]
    for number in range(FRAMES):
        (folder / f"{number:03}.jpg").write_bytes(frames[number % 3])
    return folder


def write_fit_unit(folder: Path, url: str = "", more: str = "") -> Path:
    """Settings, keys, database and camera of a unit; returns its settings file."""
    write_frames(folder / "frames")
    tables = f"""
[[camera]]
kind = "folder"
path = "frames"
fps = 2
reopen_first_s = 0.01
[vision]
workers = 1
[alerts]
player = "none"
[retention]
ballast_bytes = 1_048_576
disk_share_max = 0.998
amber_share = 0.999
{more}
"""
    path = write_unit(folder, UNIT, url, uplink="connect_timeout_s = 2", more=tables)
    unit = load(path)
    Database.open(unit.unit.data_directory, load_key("outbox", unit.store.keys_directory), migrate=True).close()
    return path


def import_list(settings: Path) -> None:
    """A hotlist of one entry, imported now."""
    path = settings.parent / "list.csv"
    path.write_text("plate,state,reason\n9ZZZ999,CA,stolen_vehicle\n", encoding="utf-8")
    words = ["hotlist", "import", str(path), "--source", "doj", "--format", "generic-csv", "--settings", str(settings)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output


def set_key(settings: Path, key: str, value: str) -> None:
    """Set one key of the settings file."""
    text, count = re.subn(
        rf"^{key} = .*$", f"{key} = {value}", settings.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    assert count == 1, key
    settings.write_text(text, encoding="utf-8")


class Receiver:
    """A GNSS receiver of a car that drives, on a pseudo-terminal; its time is this computer's, ``off`` by so much.

    Args:
        link: its device name.
        off: how far from this computer's clock its time is.
        has_fix: False: its sentences say that it has none.
    """

    def __init__(self, link: Path, off: timedelta = timedelta(), *, has_fix: bool = True) -> None:
        self._link = link
        self._off = off
        self._has_fix = has_fix
        self.minutes_north: Callable[[float], float] = lambda seconds: seconds * RECEIVER_KNOTS / 3600
        """How far north of its first place it reports to be, in minutes, by the seconds since its start."""
        self.is_time_stopped = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._speak)

    def __enter__(self) -> Self:
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._link.symlink_to(os.ttyname(self._slave))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        os.close(self._master)
        os.close(self._slave)

    def _speak(self) -> None:
        began_s, now = time.monotonic(), datetime.now(UTC) + self._off
        while not self._over.wait(0.5):
            now = now if self.is_time_stopped else datetime.now(UTC) + self._off
            moment, day = now.strftime("%H%M%S.%f")[:9], now.strftime("%d%m%y")
            status, quality = ("A", "1") if self._has_fix else ("V", "0")
            lat = f"37{38.3460 + self.minutes_north(time.monotonic() - began_s) % 20:07.4f}"
            sentences = rmc(moment, status=status, day=day, lat=lat), gga(moment, quality=quality, lat=lat)
            try:
                os.write(self._master, b"".join(sentence + b"\r\n" for sentence in sentences))
            except BlockingIOError:
                continue  # nobody reads
