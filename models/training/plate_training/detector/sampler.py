"""The detector's sampler over the pictures that a licence allows."""

from pathlib import Path

from alpr_edge.simulation.plates.renderer import designs_from_facts
from plate_training.data.clean import backgrounds, plates_of
from plate_training.data.mistakes import mistakes_of
from plate_training.data.pictures import FACTS, Licence, data_folder, negatives, plate_pictures, ride_frames
from plate_training.data.road import road_frames
from plate_training.detector.samples import DetectorSamples
from plate_training.rendering.plate_source import faces_with

VALIDATION_WINDOWS = 400
VALIDATION_SEED = 7


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
    frames = ride_frames(folder, validation=validation)
    designs = designs_from_facts(folder / FACTS)
    road = road_frames(folder, validation=validation)
    if licence == "clean":
        return DetectorSamples(designs, faces_with(fonts), frames, backgrounds(frames), plates_of(frames), [], road)
    empty, plates = negatives(folder, validation=validation), plate_pictures(folder, validation=validation)
    hard = mistakes_of(start, empty) if start else []
    return DetectorSamples(designs, faces_with(fonts), frames, empty, plates, hard, road)
