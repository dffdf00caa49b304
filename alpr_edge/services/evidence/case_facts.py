"""What is known of a case before its reads are read: how large its package will be, its models and list versions."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, func, select

from alpr_edge.domain.errors import ModelError
from alpr_edge.domain.reads import EvidenceKind
from alpr_edge.evidence.content import ListGeneration, PackageModel
from alpr_edge.settings import VisionSettings
from alpr_edge.store.db.database import Database
from alpr_edge.store.db.schema import evidence, hits, images, outbox, reads
from alpr_edge.vision.manifest import MANIFEST, load_model, model_files
from alpr_edge.vision.model_folders import model_folders

READ_BYTES = 12_000
"""What a read takes in a package besides its pictures: record, receipt, hits and answers, its part of a page, and its
lines in the manifest and in the directory of the zip."""
PACKAGE_BYTES = 4_000_000
"""What every package takes: start page, proofs, models, manifests."""
CANVASS_READ_BYTES = 2_000
"""What a read takes in the table of a canvass: its rows in the CSV file and on a page."""
REDACTED_RATIO = 1.6
"""How much larger a redacted scene may be than the scene: it is encoded anew, and finer."""
_IDS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What is known of the reads of a case beforehand."""

    bytes_needed: int
    """The most that the package will take on the medium."""
    model_ids: tuple[str, ...]
    generations: tuple[ListGeneration, ...]


def case_facts(
    database: Database,
    read_ids: Sequence[str],
    may_show: Callable[[str, bool], bool],
    *,
    with_scenes: bool,
    is_redacted: bool,
) -> CaseFacts:
    """What is known of some reads.

    Args:
        database: the database of this unit.
        read_ids: the reads.
        may_show: whether hits of a list, covert ones or others, are shown to whoever exports.
        with_scenes: whether their scenes go along.
        is_redacted: whether those are redacted copies.
    """
    total, models, generations = PACKAGE_BYTES, set[str](), dict[tuple[str, int], ListGeneration]()
    for start in range(0, len(read_ids), _IDS_AT_ONCE):
        part = read_ids[start : start + _IDS_AT_ONCE]
        with database.read() as connection:
            scene_bytes, other_bytes = _picture_bytes(connection, part)
            total += other_bytes + READ_BYTES * len(part) + _record_bytes(connection, part)
            if with_scenes:
                total += round(scene_bytes * (REDACTED_RATIO if is_redacted else 1.0))
            of_reads = select(reads.c.model_ids).distinct().where(reads.c.read_id.in_(part))
            for (model_ids,) in connection.execute(of_reads):
                models.update(model_ids)
            for made in _generations(connection, part, may_show):
                generations[made.source, made.serial] = made
    ordered = tuple(generations[key] for key in sorted(generations))
    return CaseFacts(total, tuple(sorted(models)), ordered)


def known_models(settings: VisionSettings, data_directory: Path, model_ids: Sequence[str]) -> tuple[PackageModel, ...]:
    """The models of some ids with the digests of their files; one that is not here any more has none.

    Args:
        settings: the settings that name the folders of models.
        data_directory: the unit's data folder, which may hold models added to it.
        model_ids: the ids, as reads have them.
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


def _picture_bytes(connection: Connection, read_ids: Sequence[str]) -> tuple[int, int]:
    """Bytes of scenes, and of other pictures."""
    query = (
        select(evidence.c.kind, func.sum(images.c.length))
        .join(images, images.c.sha256 == evidence.c.sha256)
        .where(evidence.c.read_id.in_(read_ids))
        .group_by(evidence.c.kind)
    )
    sums = {kind: int(length) for kind, length in connection.execute(query)}
    scenes = sums.pop(EvidenceKind.SCENE.value, 0)
    return scenes, sum(sums.values())


def _record_bytes(connection: Connection, read_ids: Sequence[str]) -> int:
    """Bytes of what was sent of hits of reads; those of reads themselves are in :data:`READ_BYTES`."""
    of_hits = outbox.c.item_id.in_(select(hits.c.hit_id).where(hits.c.read_id.in_(read_ids)))
    return int(connection.scalar(select(func.sum(outbox.c.length)).where(of_hits)) or 0)


def _generations(
    connection: Connection, read_ids: Sequence[str], may_show: Callable[[str, bool], bool]
) -> Iterator[ListGeneration]:
    columns = (hits.c.generation_source, hits.c.serial, hits.c.issued, hits.c.imported, hits.c.entries)
    query = select(*columns, hits.c.source, hits.c.covert).distinct().where(hits.c.read_id.in_(read_ids))
    for source, serial, issued, imported, entries, list_source, covert in connection.execute(query):
        if may_show(list_source, bool(covert)):
            yield ListGeneration(source, serial, issued, imported, entries)
