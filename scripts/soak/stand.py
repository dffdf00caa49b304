"""Sets a soak up, lets it run, and sends what is left to the department before it counts."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

from sqlalchemy import text

from alpr_edge.services.unit_health.daemons import CONSOLE, RUN, UPLINK
from alpr_edge.store.unit_store import open_store
from scripts.benchmarks.page.streams import EventListener, listening
from scripts.benchmarks.page.unit import BADGES
from scripts.faults.disk import Disk, mounting_fault
from scripts.loopback_ports import free_port
from scripts.soak.campaign import LOOK_S, SoakCampaign, SoakLog
from scripts.soak.causes import SoakParts
from scripts.soak.faults import DISK_FAULTS, SOUND_FAULTS, SoakFault
from scripts.soak.link import link_to
from scripts.soak.request import SoakRequest
from scripts.soak.result import SoakResult, result_of
from scripts.soak.scenes import Scenes
from scripts.soak.schedule import schedule
from scripts.soak.services import running_services
from scripts.soak.signs import signs_of
from scripts.soak.sound_server import DEVICE, SoundServer, missing_programs, sound_server
from scripts.soak.unit import CAMERAS, SoakUnit, write_unit

DISK_BYTES = 512 << 20
"""Small enough that the unit has to delete what was delivered, in a soak of an hour."""
STREAMS = (2, 2)
"""Pages that each of the two officers has open."""
PAGE_HEARD_S_MAX = 30.0
"""A page that heard nothing for so long at the end is not open."""
DRAIN_S_MAX = 240.0
Say = Callable[[str], None]


def run_soak(request: SoakRequest, folder: Path, say: Say) -> tuple[SoakCampaign, SoakResult]:
    """Run a soak in a folder; an interrupt ends it with what was measured until then.

    Raises:
        StoreError: the unit did not get ready.
    """
    with ExitStack() as stack:
        say("rendering what the cameras see, and enrolling the unit")
        disk = _disk(stack, folder, say)
        sound = _sound(stack, folder, say)
        random, department_port = Random(request.seed), free_port()
        scenes = Scenes(folder / "scenes", {camera: random.randrange(2**31) for camera in CAMERAS})
        link = stack.enter_context(link_to(department_port))
        data = (folder if disk is None else disk.folder) / "data"
        unit = write_unit(folder, data, scenes, link.port, department_port, DEVICE if sound else "")
        log = SoakLog()
        variables: Mapping[str, str] = {} if sound is None else sound.variables
        services = stack.enter_context(running_services(unit.settings_file, variables, log.hear))
        parts = SoakParts(unit, scenes, link, services, disk, sound)
        stack.callback(parts.close)
        parts.plug_receiver()
        parts.start_department()
        to_come = schedule(request.minutes, request.seed, parts.possible_faults(), CAMERAS)
        campaign = SoakCampaign(parts, log, to_come, 60.0 * request.minutes, say)
        campaign.start()
        say(f"{request.minutes} minutes, {len(to_come)} faults, seed {request.seed}")
        with _pages(unit) as pages:
            _run(campaign, say)
            silent = [page for page in pages if time.monotonic() - page.heard_s > PAGE_HEARD_S_MAX]
        findings = [f"{len(silent)} of {len(pages)} pages heard nothing at the end"] * bool(silent)
        stored, left = _hand_over(campaign)
        return campaign, result_of(campaign, stored, left, findings)


def _run(campaign: SoakCampaign, say: Say) -> None:
    try:
        campaign.run()
    except KeyboardInterrupt:
        say(f"interrupted after {campaign.lasted_s / 60:.1f} minutes; what waits is sent before it is counted")


def _disk(stack: ExitStack, folder: Path, say: Say) -> Disk | None:
    if fault := mounting_fault():
        say(_without(DISK_FAULTS, fault))
        return None
    return stack.enter_context(Disk(folder / "disk.img", DISK_BYTES))


def _sound(stack: ExitStack, folder: Path, say: Say) -> SoundServer | None:
    if missing := missing_programs():
        say(_without(SOUND_FAULTS, f"{', '.join(missing)} missing: apt install pulseaudio alsa-utils"))
        return None
    return stack.enter_context(sound_server(folder / "sound"))


def _without(faults: tuple[SoakFault, ...], reason: str) -> str:
    return f"without {', '.join(faults)}: {reason}"


@contextmanager
def _pages(unit: SoakUnit) -> Iterator[list[EventListener]]:
    """The pages of officers who signed in, open until the end."""
    tokens = [unit.page.sign_in(badge) for badge in BADGES]
    of_pages = [token for token, count in zip(tokens, STREAMS, strict=True) for _ in range(count)]
    with listening(unit.page.origin, unit.page.trust, of_pages) as pages:
        yield pages


def _hand_over(campaign: SoakCampaign) -> tuple[list[str], list[str]]:
    """Stop reading and send all that waits; returns the reads that the unit holds, and what it did not get rid of."""
    parts = campaign.parts
    parts.services.end(RUN)
    ended_s, deadline_s = time.clock_gettime(time.CLOCK_BOOTTIME), time.monotonic() + DRAIN_S_MAX
    while time.monotonic() < deadline_s:
        health = signs_of(parts.unit.settings).told.get(UPLINK)
        is_new = health is not None and health.stamp is not None and health.stamp.boottime_s > ended_s
        if is_new and health is not None and health.figures.get("waiting") == 0:
            break
        time.sleep(LOOK_S)
    for name in (UPLINK, CONSOLE):
        parts.services.end(name)
    with open_store(parts.unit.settings, migrate=False) as store:
        with store.database.read() as connection:
            stored = [str(row[0]) for row in connection.execute(text("SELECT read_id FROM reads"))]
        counts, aside = store.outbox.counts(), len(store.refused_records.list_records())
        refused = len(store.outbox.quarantined_items())
    left = {"items still wait": counts.ready, "records were set aside": aside, "items were refused": refused}
    return stored, [f"{count} {words}" for words, count in left.items() if count]
