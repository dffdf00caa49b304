"""Sounds the tones that the faults of a unit ask for, and hands back those that nobody heard."""

from collections.abc import Sequence
from functools import partial

from alpr_edge.app.alert_speech import AlertSpeech
from alpr_edge.app.pipeline.alerter import Alerter
from alpr_edge.app.unit_faults import FaultMonitor
from alpr_edge.domain.alerting import Tone


def sound_tones(tones: Sequence[Tone], monitor: FaultMonitor, alerter: Alerter, speech: AlertSpeech) -> None:
    """Sound tones, each followed by the parts that it tells of.

    Args:
        tones: what the last update of ``monitor`` asked for.
        monitor: hears of each tone that is lost, at once or later.
    """
    for tone in tones:
        note_lost = partial(monitor.note_lost, tone, monitor.appeared)
        if not alerter.sound(tone, speech.fault_sentence(tone, monitor.appeared), note_lost):
            note_lost()
