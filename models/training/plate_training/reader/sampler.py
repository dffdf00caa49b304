"""The reader's sampler over the pictures that a licence allows."""

from pathlib import Path

from alpr_edge.simulation.plates.renderer import BUILT_IN_DESIGNS, designs_from_facts
from plate_training.data.clean import backgrounds
from plate_training.data.mistakes import mistakes_of
from plate_training.data.pictures import FACTS, REPOSITORY, Licence, data_folder, negatives, reader_crops, ride_frames
from plate_training.data.road import road_crops
from plate_training.reader.samples import ReaderSamples
from plate_training.rendering.plate_source import faces_with


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
        empty = backgrounds(ride_frames(folder, validation=False))
        return ReaderSamples(designs, faces_with(fonts), road, empty, [])
    empty = negatives(folder, validation=False)
    mistakes = mistakes_of(REPOSITORY / "models" / "detector.onnx", empty) if shows_mistakes else []
    crops = reader_crops(folder, validation=False)
    for group, more in road.items():
        crops[group] = crops.get(group, []) + more
    return ReaderSamples(designs, faces_with(fonts), crops, empty, mistakes)
