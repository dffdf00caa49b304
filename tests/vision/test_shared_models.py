"""Several workers that share the models: the same results as one after the other, in bounded memory."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from alpr_edge.app.factories import open_models
from alpr_edge.settings import VisionSettings
from alpr_edge.vision.sessions import Array

WORKERS, ROUNDS = 3, 3
GROWTH_MIB_MAX = 64
"""What the heap may grow by once every worker has worked at the same time: less than one worker more would take, were
each round to keep its own."""


def test_workers_that_share_the_models_find_the_same_and_their_memory_does_not_grow() -> None:
    random = np.random.default_rng(5)
    frames = [random.integers(0, 256, (720, 1280, 3), dtype=np.uint8) for _ in range(WORKERS)]
    plates = [random.integers(0, 256, (count, 64, 192, 1), dtype=np.uint8) for count in (1, 3, 6)]
    detector, reader = open_models(VisionSettings())
    network = detector.networks[0]

    def work(number: int) -> tuple[Array, Array]:
        tensor, _ = detector.prepare(frames[number])
        return network.infer(tensor), reader.infer(plates[number])

    alone = [work(number) for number in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        for _ in pool.map(work, [0, 1, 2] * ROUNDS):
            pass
        before_mib = _heap_mib()
        together = list(pool.map(work, [2, 1, 0] * ROUNDS * 2))
        assert _heap_mib() - before_mib < GROWTH_MIB_MAX
    for number, (rows, slots) in zip([2, 1, 0] * ROUNDS * 2, together, strict=True):
        assert np.array_equal(rows, alone[number][0])
        assert np.array_equal(slots, alone[number][1])


def _heap_mib() -> float:
    """Anonymous memory of this process (proc_pid_status(5))."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1024
