"""Builds the models and the hotlists from the settings.

Nothing here knows the network: what reads plates does not load the libraries of HTTP, and what sends
(:mod:`alpr_edge.app.connections.department`) does not load the models.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from alpr_edge.domain.errors import ModelError
from alpr_edge.hotlist.index.loader import LISTS_DIRECTORY, HotlistLoader
from alpr_edge.hotlist.ingest.importer import ListStore
from alpr_edge.settings import Settings, VisionSettings
from alpr_edge.store.db.database import Database
from alpr_edge.store.keys import load_key
from alpr_edge.vision.close_look import CloseLook
from alpr_edge.vision.detector import OnnxDetector
from alpr_edge.vision.model_files.choice import REMEDY, ChosenFiles, Part, chosen_files
from alpr_edge.vision.model_files.folders import model_folders
from alpr_edge.vision.model_files.manifest import ModelFile, Precision, find_check, find_state_reader
from alpr_edge.vision.plate_check import LearnedCheck, PlateCheck, check_of, open_check
from alpr_edge.vision.reader import OnnxReader
from alpr_edge.vision.recogniser import Recogniser
from alpr_edge.vision.second_reader import OnnxSecondReader, load_second_reader
from alpr_edge.vision.state_reader import StateReader


def open_models(
    settings: VisionSettings,
    data_directory: Path | None = None,
    threads: int = 1,
    precisions: Mapping[Part, Precision] | None = None,
) -> tuple[OnnxDetector, OnnxReader]:
    """Open the detector and the reader that the settings name.

    Args:
        data_directory: the unit's data folder, where there is one: models added to it are found too, and the choice
            in it says which are run as int8.
        precisions: what to run instead of that choice, to measure with; a network that is left out is float32.

    Raises:
        ModelError: a model file is missing, changed or unusable.
    """
    return _open_files(settings, model_files(settings, data_directory, precisions), threads)


def model_files(
    settings: VisionSettings,
    data_directory: Path | None = None,
    precisions: Mapping[Part, Precision] | None = None,
) -> ChosenFiles:
    """Load the files that :func:`open_models` opens."""
    folders, names = model_folders(settings, data_directory), (settings.detector, settings.reader)
    return chosen_files(folders, names, data_directory, precisions)


def _open_files(settings: VisionSettings, files: ChosenFiles, threads: int) -> tuple[OnnxDetector, OnnxReader]:
    # OpenCV's own threads would compete with the inference for the cores.
    cv2.setNumThreads(1)
    detector = OnnxDetector(files.detector, settings.detection_confidence_min, threads, near=files.near)
    return detector, OnnxReader(files.reader, threads)


@dataclass(frozen=True, slots=True, eq=False)
class VisionModels:
    """Everything that finds and reads plates, with the model ids that are stored with each read."""

    recogniser: Recogniser
    """Several threads may call it at once: it holds no state of a frame, and ONNX Runtime allows it."""
    model_ids: tuple[str, ...]
    second: OnnxSecondReader | None = None
    """The second reader, for plates that are not certain; None: there is none."""
    states: StateReader | None = None
    """What names the state that issued a plate; None: no state is named."""
    precisions: Mapping[Part, Precision] = field(default_factory=dict)
    """What each network computes with."""
    warnings: tuple[str, ...] = ()
    """That float32 is run for want of a choice that fits, and what to do."""


@dataclass(frozen=True, slots=True)
class VisionFiles:
    """Every model file that a unit runs."""

    chosen: ChosenFiles
    check: ModelFile | None
    """The check of the detector's boxes; None: it comes with none."""
    states: ModelFile | None
    """The network that names states; None: the reader comes with none."""
    second: ModelFile | None
    """The second reader; None: none is set."""


def vision_files(
    settings: VisionSettings, data_directory: Path | None = None, packages: Sequence[str] | None = None
) -> VisionFiles:
    """Load every file that :func:`open_vision_models` opens.

    Args:
        packages: folders in which the second reader's package lies; None: where Python looks for packages.
    """
    chosen = model_files(settings, data_directory)
    folders = model_folders(settings, data_directory)
    check, states = find_check(folders, chosen.detector), find_state_reader(folders, chosen.reader)
    return VisionFiles(chosen, check, states, load_second_reader(packages) if settings.second_reader else None)


def open_vision_models(settings: VisionSettings, data_directory: Path | None = None, threads: int = 1) -> VisionModels:
    """Open the models of the settings (:func:`open_models`) as one recogniser."""
    loaded = vision_files(settings, data_directory)
    files = loaded.chosen
    detector, reader = _open_files(settings, files, threads)
    second = None if loaded.second is None else OnnxSecondReader(loaded.second)
    check = check_of(settings, loaded.check)
    warnings = (f"models: float32 is used: {files.objection}; {REMEDY}",) if files.objection else ()
    states = None if loaded.states is None else StateReader(loaded.states)
    ids = (*detector.model_ids, reader.model_id)
    ids += (check.model_id,) if isinstance(check, LearnedCheck) else ()
    ids += () if states is None else (states.model_id,)
    recogniser = Recogniser(detector, reader, check, CloseLook.of(detector))
    return VisionModels(recogniser, ids, second, states, files.precisions, warnings)


def open_plate_check(settings: VisionSettings, data_directory: Path | None = None) -> PlateCheck:
    """Open what decides which boxes of the detector are plates. Raises ModelError as :func:`open_models`."""
    detector = model_files(settings, data_directory).detector
    return open_check(settings, model_folders(settings, data_directory), detector)


def model_faults(settings: VisionSettings, data_directory: Path | None = None) -> list[str]:
    """List what is wrong with the models that the settings name, a line each, for a settings check."""
    try:
        open_vision_models(settings, data_directory)
    except ModelError as error:
        return [f"vision: {error}"]
    return []


def open_lists(settings: Settings, database: Database) -> tuple[ListStore, HotlistLoader]:
    """Open the folder of the unit's hotlists, for imports, and the loader that looks plates up in them.

    Raises:
        StoreError: the lists' key is missing or readable by others.
    """
    key = load_key("lists", settings.store.keys_directory)
    directory = settings.unit.data_directory / LISTS_DIRECTORY
    return ListStore(database, key, directory), HotlistLoader(database, key, directory, settings.hotlist.covert_sources)
