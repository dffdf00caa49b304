"""Checks receiver, clock and sound: opened when the unit does not run, else judged by its health."""

import time
from pathlib import Path

from alpr_edge.alerts.players import open_player
from alpr_edge.alerts.speech.clips import REMEDY
from alpr_edge.alerts.tone_recorder import ToneRecorder, audible_pitches, pitches_of
from alpr_edge.alerts.tones import length_ms
from alpr_edge.app.alert_speech import open_clips
from alpr_edge.app.stages.position import wrong_date_text
from alpr_edge.app.unit_faults import FaultKind
from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.domain.alerting import Tone
from alpr_edge.domain.diagnostics.checks import HDOP, Check, Grade, amber, band_check, clock, green, red
from alpr_edge.domain.errors import PositionError, SoundError
from alpr_edge.domain.fixes import Fix
from alpr_edge.domain.instants import UtcSource
from alpr_edge.domain.ports import Player
from alpr_edge.position.sentence_merger import SentenceTally
from alpr_edge.position.serial_source import UNINTELLIGIBLE_MS_MAX, SerialSource
from alpr_edge.runtime.health import Health
from alpr_edge.settings import PositionSettings
from alpr_edge.settings.capture import CaptureSettings


def check_speech(context: CheckContext) -> list[Check]:
    """Check that every phrase of this unit was rendered and is as it was then; nothing of a unit without sound."""
    alerts = context.settings.alerts
    if alerts.player == "none":
        return []
    if not alerts.speech:
        return [green("speech", "tones alone, by [alerts] speech")]
    clips = open_clips(context.settings)
    if clips.trouble:
        return [amber("speech", clips.trouble, REMEDY)]
    return [green("speech", f"{len(clips.samples)} phrases")]


LISTEN_S = UNINTELLIGIBLE_MS_MAX / 1000 + 3.0
"""How long to read the receiver: it reports each second, its time is trusted after four that agree, and what is no NMEA
is known as such only after a while, from the opening of the port on."""
TONES = (Tone.READY, Tone.ROUTINE, Tone.HIGH, Tone.URGENT)
"""The tones to play: the ready note, and one for each level of alert."""
PLAYER_LAG_S = 0.5
"""Delay between the last sample handed over and the sound at the microphone."""
_SKY = "take the car under open sky, and see that the antenna is"
_SENTENCES = "switch on the receiver's RMC and GGA sentences, with its maker's program"
_NO_FIX = {kind.value for kind in (FaultKind.RECEIVER_NO_FIX, FaultKind.POSITION_AWAITED, FaultKind.POSITION_UNKNOWN)}
_RECEIVER = "check its cable, antenna and position.device; the table of faults in config/technicians-guide.md"
_ROLL_OVER = "update or replace the receiver (a week number that rolled over is 1024 weeks off); see chronyc tracking"
_HEAR = "turn up the loudspeaker (alsamixer), or see that the microphone is on"


def check_place_and_time(context: CheckContext) -> list[Check]:
    """Check position and clock, which both come from the receiver."""
    try:
        place_check = _check_running_place(context) if context.running else _check_place(context)
    finally:
        context.receiver_done.set()
    checks = [] if "gps" in context.skip else [place_check]
    if "clock" not in context.skip:
        checks.append(_check_running_clock(context) if context.running else _check_clock(context))
    return checks


def _check_place(context: CheckContext) -> Check:
    """Read the receiver until position and time are known, or for :data:`LISTEN_S`."""
    settings = context.settings.position
    if not settings.device:
        return _check_without_receiver(context.settings.capture)
    until_s = time.monotonic() + LISTEN_S
    source = SerialSource(settings, context.system, lambda: time.monotonic() > until_s)
    try:
        for fix in source.fixes():
            context.fix_history.add(fix)
            if context.fix_history.time_fix() is not None:
                break
    except PositionError as error:
        return red("gps", str(error))
    context.wrong_date = source.tally.wrong_date
    latest = context.fix_history.latest
    return _check_without_fix(settings, source.tally) if latest is None else _check_fix(latest)


def _check_without_receiver(settings: CaptureSettings) -> Check:
    """Grade a unit without a receiver, which reads nothing where frames without a position are dropped."""
    if settings.needs_position:
        text = "no receiver is set, and capture.position_unknown drops frames without a position: no plate is read"
        return red("gps", text, "set position.device")
    return amber("gps", "no receiver is set: reads have no place", "set position.device, if the car has one")


def _check_without_fix(settings: PositionSettings, tally: SentenceTally) -> Check:
    """Tell a receiver without a fix from one that is not understood, and from one that speaks of something else."""
    if not tally.sentences:
        text = f"nothing that GNSS receiver {settings.device} sends at {settings.baud} baud is NMEA"
        return red("gps", text, "check position.baud")
    if not tally.place_sentences:
        return red("gps", f"the receiver sends {tally.sentences} sentences, and neither RMC nor GGA", _SENTENCES)
    return amber("gps", f"the receiver sends ({tally.sentences} sentences) and has no fix", _SKY)


def _check_fix(fix: Fix) -> Check:
    place = green("gps", "fix") if fix.hdop is None else band_check("gps", fix.hdop, HDOP, _SKY)
    satellites = "" if fix.satellites is None else f", {fix.satellites} satellites"
    precision = "" if fix.hdop is None else f", HDOP {fix.hdop:g}"
    return Check("gps", place.grade, f"fix{satellites}{precision}", place.limit, place.todo, place.value, "HDOP")


def _check_clock(context: CheckContext) -> Check:
    now, system = context.now(), context.system.now()
    if context.wrong_date is not None:
        grade = amber if now.trusted else red
        return grade("clock", wrong_date_text(context.wrong_date), _ROLL_OVER)
    if now.utc_source is not UtcSource.GNSS or now.utc is None or system.utc is None:
        return clock(now, None)
    return clock(now, (system.utc - now.utc).total_seconds() + now.ms_since(system) / 1000)


def _check_running_place(context: CheckContext) -> Check:
    device, health = context.settings.position.device, context.health()
    if not device:
        return _check_without_receiver(context.settings.capture)
    if not Path(device).exists():
        return red("gps", f"GNSS receiver {device} is not there", "check its cable")
    if health is None:
        return red("gps", "alpr-edge run is running and reports no health", "journalctl -u alpr-edge")
    if trouble := next((line for line in health.troubles if line.startswith(("position: ", "position "))), None):
        return _check_running_receiver(health, trouble)
    if not health.figures.get("has_fix"):
        return amber("gps", "alpr-edge run has no fix", _SKY)
    return green("gps", "alpr-edge run has a fix")


def _check_running_receiver(health: Health, trouble: str) -> Check:
    """Grade what a running unit says of its receiver: one without a fix works, as indoors, unless it reads nothing."""
    faults = {fault["kind"]: fault["text"] for fault in health.figures.get("faults", ())}
    kinds = {kind for kind, told in faults.items() if told == trouble}
    text = trouble.removeprefix("position: ")
    if kinds & _NO_FIX:
        grade = red if FaultKind.POSITION_UNKNOWN.value in faults else amber
        return grade("gps", text, _SKY)
    return red("gps", text, _SENTENCES if FaultKind.RECEIVER_NO_SENTENCES.value in kinds else _RECEIVER)


def _check_running_clock(context: CheckContext) -> Check:
    now, health = context.now(), context.health()
    if health is not None and (objection := health.figures.get("receiver_date")):
        return red("clock", str(objection), _ROLL_OVER)
    if now.utc_source is UtcSource.GNSS and not context.system.now().trusted:
        text = "reads have the receiver's time; nothing sets the computer's own clock"
        return amber("clock", text, "let chronyd follow the receiver: check position.chrony_socket")
    return _check_clock(context)


def check_sound(context: CheckContext) -> list[Check]:
    """Play the tones and record them, and look for the phrases that are said after them."""
    return [*_check_player(context), *check_speech(context)]


def _check_player(context: CheckContext) -> list[Check]:
    """Play and record; of a running unit, which holds the device, check whether it accepts samples."""
    settings = context.settings.alerts
    if settings.player == "none":
        return [amber("sound", "alerts are silent by [alerts] player", 'set player = "alsa", if the car is to sound')]
    if context.running:
        return [_check_running_sound(context)]
    if settings.player == "wav":
        return [amber("sound", f"tones go into the file {settings.wav_path}", 'set [alerts] player = "alsa"')]
    return [_play_and_record(context)]


def _check_running_sound(context: CheckContext) -> Check:
    health = context.health()
    if health is None:
        return red("sound", "alpr-edge run is running and reports no health", "journalctl -u alpr-edge")
    if trouble := next((line for line in health.troubles if line.startswith("sound: ")), None):
        return red("sound", trouble.removeprefix("sound: "), "check the sound device: aplay -L, alerts.device")
    return amber(
        "sound", "alpr-edge run's sound device takes samples; nobody listened", "listen for the tone as it starts"
    )


def _play_and_record(context: CheckContext) -> Check:
    """Play through the configured player, and record with a microphone where there is one."""
    player = open_player(context.settings.alerts, context.system.now())
    try:
        try:
            with ToneRecorder(context.microphone) as recorder:
                _play(player, context)
        except SoundError as error:
            if not player.up:
                raise
            _play(player, context)
            return amber("sound", f"played, not heard: {error}", "listen: four tones, one after the other")
    except SoundError as error:
        return red("sound", str(error), "check the sound device: aplay -L, alerts.device")
    finally:
        player.close()
    return _grade_recording(recorder, pitches_of(TONES))


def _play(player: Player, context: CheckContext) -> None:
    for tone in TONES:
        player.play(tone, context.system.now())
        # Queued at once, the tones of hits would cut the ready note short.
        time.sleep(length_ms(tone) / 1000)
    time.sleep(PLAYER_LAG_S)
    if not player.up:
        raise SoundError("the sound device was lost while it played")


def _grade_recording(recorder: ToneRecorder, pitches: list[float]) -> Check:
    pitches_heard = audible_pitches(recorder.signal, pitches)
    text = f"{len(pitches_heard)} of {len(pitches)} pitches heard"
    limit = "green: all heard, red: none"
    if len(pitches_heard) == len(pitches):
        return Check("sound", Grade.GREEN, text, limit, value=float(len(pitches_heard)))
    grade = Grade.AMBER if pitches_heard else Grade.RED
    return Check("sound", grade, text, limit, _HEAR, float(len(pitches_heard)))
