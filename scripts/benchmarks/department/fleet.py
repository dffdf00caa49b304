"""A fleet that delivers at once: units with certificates of their own, each with the backlog of a shift.

Reads alone, without pictures, as the uplink sends them and with its client. The units are shared among a few processes,
which run on the same cores as the server.
"""

import multiprocessing
import queue
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from random import Random
from threading import BrokenBarrierError

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import UNIT_DAYS, Authority, TlsFiles
from alpr_edge.domain.errors import UplinkError
from alpr_edge.domain.fixes import Position
from alpr_edge.domain.instants import Instant, UtcSource
from alpr_edge.domain.protocol.items import ItemKind, OutboxItem, Outcome, digest, encode, read_payload
from alpr_edge.domain.reads import Alternative, PlateRead
from alpr_edge.domain.recognition.boxes import Box
from alpr_edge.settings import UplinkSettings
from alpr_edge.uplink.delivery_client import HttpsDepartment

PROCESSES = 2
AGAIN_S = 1.0
DELIVERY_S_MAX = 150.0
READY_S_MAX = 600.0
"""How long a process may take for the reads of its units and their first connections, on a slow computer."""
START = datetime(2026, 5, 4, 6, tzinfo=UTC)
_CHARACTERS = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class FleetLoad:
    """What a fleet does."""

    url: str
    units: tuple[str, ...]
    folder: Path
    """Holds a folder of certificates for each unit."""
    reads: int
    """Of each unit."""
    batch: int
    first: int = 0
    """Number of each unit's first read."""
    every_s: float = 0.0
    """Time between the beginnings of two batches of a unit; 0: each follows the answer to the last."""


@dataclass(slots=True)
class FleetResult:
    """What came of it."""

    receipts: int = 0
    """Answers with the digest of what was sent."""
    failures: int = 0
    """Batches that were sent again."""
    seconds: float = 0.0
    cpu_s: float = 0.0
    """The processor's time of the fleet's processes while they delivered."""
    receipt_s: tuple[float, ...] = ()
    """Time from a batch to its receipts, of each batch."""


def enrol_fleet(directory: Path, units: tuple[str, ...], folder: Path) -> None:
    """Give units certificates of a department, without a network."""
    files, storage = TlsFiles(directory), Storage(directory)
    authority = Authority.load(files)
    for unit_id in units:
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = authority.certify(unit_id, key.public_key(), UNIT_DAYS)
        own = folder / unit_id
        own.mkdir(mode=0o700, parents=True)
        (own / "ca.pem").write_bytes(files.authority.read_bytes())
        (own / "unit.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        (own / "unit.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        (own / "unit.key").chmod(0o600)
        storage.units.add(certificate)
    storage.close()


def run_fleet(load: FleetLoad) -> FleetResult:
    """Let every unit of a fleet deliver its reads; returns when the last receipt is there.

    Raises:
        UplinkError: a unit does not reach the department, or a process of the fleet does not end.
    """
    context = multiprocessing.get_context("spawn")
    ready, results = context.Barrier(PROCESSES + 1), context.Queue()
    shares = [replace(load, units=load.units[place::PROCESSES]) for place in range(PROCESSES)]
    processes = [context.Process(target=_deliver_share, args=(share, ready, results)) for share in shares]
    for process in processes:
        process.start()
    total = FleetResult()
    try:
        ready.wait(READY_S_MAX)
        began_s = time.monotonic()
        for _ in processes:
            part: FleetResult = results.get(timeout=600)
            total.receipts += part.receipts
            total.failures += part.failures
            total.cpu_s += part.cpu_s
            total.receipt_s += part.receipt_s
        total.seconds = time.monotonic() - began_s
    except BrokenBarrierError:
        raise UplinkError(f"a process of the fleet did not get ready to deliver to {load.url}") from None
    except queue.Empty:
        raise UplinkError("a process of the fleet did not end") from None
    finally:
        for process in processes:
            process.join(10)
            process.kill()
    return total


def _deliver_share(load: FleetLoad, ready: Barrier, results: "multiprocessing.Queue[FleetResult]") -> None:
    """Deliver what some units have, all at once."""
    with ExitStack() as failure:
        failure.callback(ready.abort)
        backlogs = {unit_id: list(_batches(load, unit_id)) for unit_id in load.units}
        departments = {unit_id: _department(load, unit_id) for unit_id in load.units}
        for department in departments.values():
            department.ping()
        failure.pop_all()
    ready.wait(READY_S_MAX)
    began_s = time.process_time()
    with ThreadPoolExecutor(len(load.units)) as threads:
        parts = list(
            threads.map(lambda unit: _deliver(load, departments[unit], backlogs[unit], Random(unit)), load.units)  # noqa: S311 - seeded
        )
    results.put(
        FleetResult(
            sum(each.receipts for each in parts),
            sum(each.failures for each in parts),
            cpu_s=time.process_time() - began_s,
            receipt_s=tuple(seconds for each in parts for seconds in each.receipt_s),
        )
    )


def _deliver(
    load: FleetLoad, department: HttpsDepartment, batches: list[list[OutboxItem]], random: Random
) -> FleetResult:
    result, taken = FleetResult(), []
    due_s = time.monotonic() + random.random() * load.every_s
    for batch in batches:
        time.sleep(max(0.0, due_s - time.monotonic()))
        began_s = due_s if load.every_s else time.monotonic()
        due_s += load.every_s
        answers = None
        while answers is None:
            try:
                answers = department.deliver(batch)
            except UplinkError as error:
                result.failures += 1
                time.sleep(error.retry_after_s or AGAIN_S)
        taken.append(time.monotonic() - began_s)
        digests = {item.item_id: item.sha256 for item in batch}
        result.receipts += sum(
            each.outcome is Outcome.RECEIPT and each.sha256 == digests[each.item_id] for each in answers
        )
    result.receipt_s = tuple(taken)
    return result


def _department(load: FleetLoad, unit_id: str) -> HttpsDepartment:
    own = load.folder / unit_id
    settings = UplinkSettings(
        url=load.url,
        ca_file=own / "ca.pem",
        certificate_file=own / "unit.pem",
        key_file=own / "unit.key",
        answer_timeout_s=DELIVERY_S_MAX,
    )
    return HttpsDepartment(settings, unit_id)


def _batches(load: FleetLoad, unit_id: str) -> Iterator[list[OutboxItem]]:
    """The reads of a unit in batches, other ones for each unit."""
    random = Random(f"{unit_id} {load.first}")  # noqa: S311 - seeded
    for start in range(load.first, load.first + load.reads, load.batch):
        numbers = range(start, min(start + load.batch, load.first + load.reads))
        yield [_item(_read(unit_id, number, random)) for number in numbers]


def _item(read: PlateRead) -> OutboxItem:
    body = encode(read_payload(read))
    return OutboxItem(read.read_id, ItemKind.READ, body, digest(body))


def _read(unit_id: str, number: int, random: Random) -> PlateRead:
    """A read as a camera gives it: seven characters, each with its doubts."""
    plate = "".join(random.choices(_CHARACTERS, k=7))
    at = Instant("boot", number * 2_000_000_000, START + timedelta(seconds=2 * number), UtcSource.GNSS, 12.5)
    return PlateRead(
        read_id=f"{unit_id}:{random.getrandbits(122):032x}",
        unit_id=unit_id,
        camera_id="front",
        plate=plate,
        confidence=0.93,
        alternatives=(Alternative(f"{plate[:6]}8", 0.04), Alternative(f"{plate[:5]}B{plate[6]}", 0.01)),
        slot_votes=tuple(((character, 0.97), ("8", 0.02)) for character in plate),
        vote_count=8,
        first_seen=at,
        last_seen=at.shift(400),
        first_frame=number,
        last_frame=number + 12,
        box=Box(10.5, 20.25, 110.0, 50.0),
        position=Position(37.64 + random.random() / 10, -120.99, 140.0, 0.9, "gnss", 12.5, 271.0),
        model_ids=("detector@1", "reader@1"),
        state="CA",
        supersedes=None,
    )
