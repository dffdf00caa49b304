"""Covers plates in scenes in a process of its own, with the lowest priority: reading plates comes first.

The models and their memory are that process's alone, and are gone with it; whoever exports gets pictures back.
"""

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import cv2

from alpr_edge.domain.errors import AlprEdgeError, EvidenceError, PictureError
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.runtime.memory import forbid_dumps
from alpr_edge.settings import VisionSettings
from alpr_edge.vision.detector import Network
from alpr_edge.vision.model_files.choice import chosen_files
from alpr_edge.vision.model_files.folders import model_folders
from alpr_edge.vision.redaction import RedactedScene, SceneRedactor

NICENESS = 19
START_S_MAX, SCENE_S_MAX = 120.0, 120.0
"""Longest waits for the models, and for one scene, on a machine that has more to do."""
_READY = "ready"


class RedactionProcess:
    """The other end of the process; made by :func:`redaction_process`."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def redact(self, scene: bytes, crop: bytes, box: Box) -> RedactedScene:
        """A copy of a scene without the plates of others (:meth:`~alpr_edge.vision.redaction.SceneRedactor.redact`)."""
        try:
            self._pipe.send((scene, crop, box))
            answer = self._receive(SCENE_S_MAX)
        except (OSError, EOFError):
            raise EvidenceError("what covers plates ended; try again, or export without scenes: --no-scene") from None
        if isinstance(answer, RedactedScene):
            return answer
        raise PictureError(str(answer))

    def wait_until_ready(self) -> None:
        """Wait for the models."""
        try:
            answer = self._receive(START_S_MAX)
        except (OSError, EOFError):
            answer = "it ended"
        if answer != _READY:
            raise EvidenceError(f"plates cannot be covered: {answer}")

    def _receive(self, seconds_max: float) -> object:
        if not self._pipe.poll(seconds_max):
            raise EvidenceError(f"what covers plates said nothing for {seconds_max:g} s")
        answer: object = self._pipe.recv()
        return answer


@contextmanager
def redaction_process(settings: VisionSettings, data_directory: Path) -> Iterator[RedactionProcess]:
    """Start the process; it is gone at the end.

    Args:
        data_directory: the unit's data folder, which may hold models added to it.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_work, args=(there, settings, data_directory), daemon=True)
    process.start()
    there.close()
    try:
        with here:
            worker = RedactionProcess(here)
            worker.wait_until_ready()
            yield worker
    finally:
        process.kill()
        process.join()
        process.close()


def _work(pipe: Connection, settings: VisionSettings, data_directory: Path) -> None:
    """The process: answer each scene with its copy, until the other end is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    forbid_dumps()
    with contextlib.suppress(OSError):  # the unit's hardening lets nobody change priorities; there systemd weighs
        os.nice(NICENESS)
    cv2.setNumThreads(1)
    try:
        redactor = _redactor(settings, data_directory)
    except AlprEdgeError as error:
        pipe.send(str(error))
        return
    pipe.send(_READY)
    with contextlib.suppress(EOFError, OSError):
        while True:
            scene, crop, box = pipe.recv()
            try:
                pipe.send(redactor.redact(scene, crop, box))
            except AlprEdgeError as error:
                pipe.send(str(error))


def _redactor(settings: VisionSettings, data_directory: Path) -> SceneRedactor:
    names = settings.detector, settings.reader
    files = chosen_files(model_folders(settings, data_directory), names, data_directory)
    models = (files.detector,) if files.near is None else (files.detector, files.near)
    return SceneRedactor([Network(model, 1) for model in models])
