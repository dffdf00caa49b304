"""The samplers of both models over the pictures that a licence allows."""

from pathlib import Path

from alpr_edge.simulation.plates.fonts import Face, base_faces, faces_in
from alpr_edge.simulation.plates.renderer import BUILT_IN_DESIGNS, designs_from_facts
from plate_training.clean_data import backgrounds, plates_of
from plate_training.data import (
    REPOSITORY,
    TRAINING_RIDE,
    VALIDATION_FRAMES,
    Licence,
    data_folder,
    negatives,
    plate_pictures,
    reader_crops,
    ride,
)
from plate_training.detector_samples import DetectorSamples
from plate_training.mistakes import mistakes_of
from plate_training.reader_samples import ReaderSamples
from plate_training.road_data import road_crops, road_frames

VALIDATION_WINDOWS = 400
VALIDATION_SEED = 7
FACTS = Path("plates") / "plates-us.json"


def detector_sampler(
    fonts: Path | None = None, start: Path | None = None, licence: Licence = "all", *, validation: bool = False
) -> DetectorSamples:
    """The detector's sampler over all designs, faces and training or validation pictures.

    Args:
        fonts: folder of more faces.
        start: the exported model whose mistakes are shown more often. Not with clean pictures: their backgrounds are a
            ride's frames, in which a plate that nobody marked would be taken for a mistake.
        licence: the set of pictures to learn from.
        validation: take the pictures kept for validation.
    """
    folder = data_folder()
    frames = ride(folder, TRAINING_RIDE)
    frames = frames[-VALIDATION_FRAMES:] if validation else frames[:-VALIDATION_FRAMES]
    designs = designs_from_facts(folder / FACTS)
    road = road_frames(folder, validation=validation)
    if licence == "clean":
        return DetectorSamples(designs, _faces(fonts), frames, backgrounds(frames), plates_of(frames), [], road)
    empty, plates = negatives(folder, validation=validation), plate_pictures(folder, validation=validation)
    hard = mistakes_of(start, empty) if start else []
    return DetectorSamples(designs, _faces(fonts), frames, empty, plates, hard, road)


def reader_sampler(
    fonts: Path | None = None, licence: Licence = "all", *, shows_mistakes: bool = True
) -> ReaderSamples:
    """The reader's sampler over all designs, faces and training crops.

    Args:
        fonts: folder of more faces.
        licence: the set of pictures to learn from; clean crops are those of the road photos.
        shows_mistakes: whether some crops are what the released detector takes for a plate; finding them takes minutes.
    """
    folder = data_folder()
    home = tuple(design for design in BUILT_IN_DESIGNS if not design.band and design.region != "BR")
    designs = designs_from_facts(folder / FACTS) + home * 3
    road = road_crops(folder, validation=False)
    if licence == "clean":
        empty = backgrounds(ride(folder, TRAINING_RIDE)[:-VALIDATION_FRAMES])
        return ReaderSamples(designs, _faces(fonts), road, empty, [])
    empty = negatives(folder, validation=False)
    mistakes = mistakes_of(REPOSITORY / "models" / "detector.onnx", empty) if shows_mistakes else []
    crops = reader_crops(folder, validation=False)
    for group, more in road.items():
        crops[group] = crops.get(group, []) + more
    return ReaderSamples(designs, _faces(fonts), crops, empty, mistakes)


def _faces(fonts: Path | None) -> tuple[Face, ...]:
    return base_faces() + (faces_in(fonts) if fonts else ())
