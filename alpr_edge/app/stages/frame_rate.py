"""The stage that looks at the machine's heat and voltage, and lowers the cameras' frame rate by the domain's rule.

In a thread of its own: a firmware that is asked for its state may take its time.
"""

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from alpr_edge.app.unit_faults import Fault, FaultKind
from alpr_edge.domain.load.frame_rate import FramePacer, FrameRateLimit, FrameRateRule, MachineSigns
from alpr_edge.settings.load import LoadSettings

log = structlog.get_logger(__name__)

CHECK_S = 2.0
"""Time between two looks at the machine; its temperature moves by less than a degree in it."""


class FrameRateStage:
    """Sets the limit of every camera; a stage of :class:`~alpr_edge.runtime.supervisor.Supervisor`."""

    name = "frame-rate"

    def __init__(
        self, settings: LoadSettings, read: Callable[[], MachineSigns], pacers: Mapping[str, FramePacer]
    ) -> None:
        self._is_on = settings.lower_frame_rate
        self._limit = FrameRateLimit(FrameRateRule(settings.hot_c, settings.cool_c, settings.fps_min))
        self._read = read
        self._pacers = pacers
        self._signs = MachineSigns(None)

    def run(self, beat: Callable[[], None], stop: threading.Event) -> None:
        """Look at intervals until stopped."""
        while not stop.is_set():
            beat()
            signs = self._read()
            beat()  # ends a thread that hung here while another looked
            self.step(signs, time.monotonic())
            stop.wait(CHECK_S)

    def finish(self) -> None:
        """Do nothing: the stage holds nothing."""

    def step(self, signs: MachineSigns, now_s: float) -> None:
        """Apply the rule to one look at the machine."""
        self._signs = signs
        if not self._is_on:
            return
        before, fps_max = self._limit.fps_max, self._limit.step(now_s, signs)
        for pacer in self._pacers.values():
            pacer.fps_max = fps_max
        if fps_max != before:
            log.info("load.frame_rate_changed", fps_max=fps_max, reason=self._limit.reason or "all is well")

    def faults(self) -> list[Fault]:
        """A fault while the rate is lowered; another one while it cannot be lowered any further."""
        fps_max, offered = self._limit.fps_max, [pacer.fps_offered or 0.0 for pacer in self._pacers.values()]
        if fps_max is None:
            return []
        full = max(offered, default=0.0)
        rate = f"at {fps_max:g} of {full:.0f}" if full > fps_max else f"at most at {fps_max:g}"
        kind = FaultKind.FRAME_RATE_LEAST if self._limit.is_least else FaultKind.FRAME_RATE
        return [Fault(kind, "cameras", f"cameras {rate} frames a second: {self._limit.reason}")]

    def figures(self) -> dict[str, Any]:
        """What health tells of the machine and of the frames left out."""
        return {
            "temperature_c": self._signs.temperature_c,
            "throttled": self._signs.is_throttled,
            "low_voltage": self._signs.is_low_voltage,
            "fps_max": self._limit.fps_max,
            "frames_left_out": {name: pacer.left_out_count for name, pacer in self._pacers.items()},
        }
