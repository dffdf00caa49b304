"""What comes behind the tone: reads a second from their decision to the disk, and items a second to the department."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2

from alpr_edge.app.pipeline.pipeline import RECORDS_A_COMMIT
from alpr_edge.app.pipeline.recorder import Recorder
from alpr_edge.domain.reads import Evidence, ReadStage, ReadUpdate
from alpr_edge.domain.recognition.frames import Frame, Pixels
from alpr_edge.settings import StoreSettings
from scripts.benchmarks.disk import catchup
from scripts.benchmarks.disk.device import unit_store
from scripts.benchmarks.disk.reads import CROP_PX, ReadGenerator, ReadPictures, pictures_of
from scripts.benchmarks.figures import figure

STREETS = 60
"""Most different pictures that the reads take turns with."""


def print_durable(frames: Sequence[Frame], reads: int) -> None:
    """Reads a second, as the writer takes them: pictures encoded, sealed and synced, so many in one commit."""
    settings = StoreSettings()
    records = list(_records(_pictures(frames, settings), reads))
    with tempfile.TemporaryDirectory(prefix="bench-path-") as folder:
        with unit_store(Path(folder) / "whole", settings) as store:
            recorder = Recorder(store.reads, settings, store.refused_records)
            whole_s = sum(_seconds_of_write(recorder, events) for events in _events(frames, records))
        with unit_store(Path(folder) / "store", settings) as store:
            began = time.perf_counter()
            for batch in _batches(records):
                store.reads.commit(batch)
            store_s = time.perf_counter() - began
        kind = _file_system(Path(folder))
    more: dict[str, Any] = {"of": reads, "file_system": kind, "reads_a_commit": RECORDS_A_COMMIT}
    figure("path.reads_to_durable", reads / whole_s, "reads/s", what="from pixels: encoded, sealed, synced", **more)
    figure("path.reads_to_durable.store", reads / store_s, "reads/s", what="from JPEGs: sealed, synced", **more)


def print_upload(frames: Sequence[Frame], reads: int) -> None:
    """Items a second of the uplink to a department on the same cores, in parts of what httpx carries there."""
    settings = StoreSettings()
    with tempfile.TemporaryDirectory(prefix="bench-path-") as folder:
        transfer = catchup.measure(Path(folder), settings, _pictures(frames, settings), reads)
    ratio = transfer.httpx_s / transfer.uplink_s
    figure("path.upload_items", transfer.items / transfer.uplink_s, "items/s", transfer.against, reads=reads)
    figure("path.upload_vs_httpx", ratio, "ratio", of=transfer.items, what="the same batches to the same server")


def _pictures(frames: Sequence[Frame], settings: StoreSettings) -> list[ReadPictures]:
    return [pictures_of(frame.pixels, settings) for frame in frames[:STREETS]]


def _records(pictures: list[ReadPictures], reads: int) -> Iterator[ReadUpdate]:
    for batch in ReadGenerator(pictures).batches(reads):
        yield from (record for record in batch if record.stage is ReadStage.DECIDED)


def _batches(records: Sequence[ReadUpdate]) -> Iterator[Sequence[ReadUpdate]]:
    for start in range(0, len(records), RECORDS_A_COMMIT):
        yield records[start : start + RECORDS_A_COMMIT]


def _events(frames: Sequence[Frame], records: Sequence[ReadUpdate]) -> Iterator[list[ReadUpdate]]:
    """The reads as recognition decides them, a batch at a time, each with a picture of its own."""
    number = 0
    for batch in _batches(records):
        events = []
        for record in batch:
            scene = _with_number(frames[number % len(frames)].pixels, number)
            events.append(ReadUpdate(ReadStage.DECIDED, record.read, record.at, Evidence(_crop(scene), scene)))
            number += 1
        yield events


def _with_number(pixels: Pixels, number: int) -> Pixels:
    """The picture with a number where the crop is taken: no two are stored as one."""
    scene = pixels.copy()
    place = 10, scene.shape[0] // 2
    cv2.putText(scene, str(number), place, cv2.FONT_HERSHEY_SIMPLEX, 1.0, (255, 255, 255), 2)
    return scene


def _crop(scene: Pixels) -> Pixels:
    width, height = CROP_PX
    top = scene.shape[0] // 2 - height // 2
    return scene[top : top + height, :width]


def _seconds_of_write(recorder: Recorder, events: list[ReadUpdate]) -> float:
    began = time.perf_counter()
    recorder.write(events)
    return time.perf_counter() - began


def _file_system(folder: Path) -> str:
    """The kind of file system that a folder is on, by the longest mount point above it."""
    rows = [line.split()[1:3] for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    above = [(mount, kind) for mount, kind in rows if folder.is_relative_to(mount)]
    return max(above, key=lambda row: len(row[0]))[1] if above else "unknown"
