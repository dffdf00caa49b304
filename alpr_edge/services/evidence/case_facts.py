"""What is known of a case before its reads are read: its models and list versions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, select

from alpr_edge.domain.errors import ModelError
from alpr_edge.evidence.content import ListGeneration, PackageModel
from alpr_edge.settings import VisionSettings
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import hits, reads
from alpr_edge.vision.model_files.folders import model_folders
from alpr_edge.vision.model_files.manifest import MANIFEST, load_model, model_files

_IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What is known of the reads of a case beforehand."""

    model_ids: tuple[str, ...]
    generations: tuple[ListGeneration, ...]


def case_facts(database: Database, read_ids: Sequence[str], may_show: Callable[[str, bool], bool]) -> CaseFacts:
    """What is known of some reads."""
    models, generations = set[str](), dict[tuple[str, int], ListGeneration]()
    for start in range(0, len(read_ids), _IDS_AT_ONCE):
        part = read_ids[start : start + _IDS_AT_ONCE]
        with database.read() as connection:
            of_reads = select(reads.c.model_ids).distinct().where(reads.c.read_id.in_(part))
            for (model_ids,) in connection.execute(of_reads):
                models.update(model_ids)
            for made in _generations(connection, part, may_show):
                generations[made.source, made.serial] = made
    ordered = tuple(generations[key] for key in sorted(generations))
    return CaseFacts(tuple(sorted(models)), ordered)


def known_models(settings: VisionSettings, data_directory: Path, model_ids: Sequence[str]) -> tuple[PackageModel, ...]:
    """The models of some ids with the digests of their files; one that is not here any more has none.

    Args:
        data_directory: the unit's data folder, which may hold models added to it.
    """
    digests: dict[str, str] = {}
    for folder in model_folders(settings, data_directory):
        if not (folder / MANIFEST).exists():
            continue
        for role, name, precision in model_files(folder):
            try:
                model = load_model(folder, role, name, precision)
            except ModelError:
                continue
            digests[model.model_id] = model.sha256
    return tuple(PackageModel(model_id, digests.get(model_id, "")) for model_id in model_ids)


def _generations(
    connection: Connection, read_ids: Sequence[str], may_show: Callable[[str, bool], bool]
) -> Iterator[ListGeneration]:
    columns = (hits.c.generation_source, hits.c.serial, hits.c.issued, hits.c.imported, hits.c.entries)
    query = select(*columns, hits.c.source, hits.c.covert).distinct().where(hits.c.read_id.in_(read_ids))
    for source, serial, issued, imported, entries, list_source, covert in connection.execute(query):
        if may_show(list_source, bool(covert)):
            yield ListGeneration(source, serial, issued, imported, entries)
