"""What a running unit says after a tone: its phrases, who is there to hear a hit's reason, and which part is faulty."""

from collections.abc import Iterable

from alpr_edge.alerts.speech.clips import NO_CLIPS, REMEDY, SpeechClips, load_clips
from alpr_edge.app.fault_advice import FAULT_ADVICE
from alpr_edge.app.signed_in import SignedInWatch
from alpr_edge.app.unit_faults import Fault, FaultKind, faults_of
from alpr_edge.domain.alerting import Alert, Tone
from alpr_edge.domain.speech.sentences import Sentence, camera_phrases, fault_sentence, phrases_for, sentence_of
from alpr_edge.settings import Settings


def open_clips(settings: Settings) -> SpeechClips:
    """Load the phrases of a unit; none where the settings say that it does not speak."""
    alerts = settings.alerts
    if not alerts.speech or alerts.player == "none":
        return NO_CLIPS
    phrases = phrases_for([camera.id for camera in settings.camera])
    return load_clips(settings.unit.data_directory, phrases, alerts.volume * alerts.speech_volume)


class AlertSpeech:
    """Composes the sentences of alerts from the phrases that were loaded as the unit started."""

    def __init__(self, settings: Settings, clips: SpeechClips, signed_in: SignedInWatch) -> None:
        self._cameras = camera_phrases([camera.id for camera in settings.camera])
        self._clips = clips
        self._signed_in = signed_in

    def sentence_of(self, alert: Alert) -> Sentence:
        """What is said of an alert now; its reason only where somebody is signed in who may see the hit."""
        detail = alert.detail
        may_hear = detail is not None and self._signed_in.may_hear(detail.reason, detail.source)
        return sentence_of(alert, self._cameras, with_reason=may_hear)

    def fault_sentence(self, tone: Tone, appeared: Iterable[Fault]) -> Sentence:
        """What is said after the tone of faults that just appeared: their parts, as a tone alone does not tell them."""
        sounding = [fault for fault in appeared if fault.rule.tone is tone]
        parts = [(FAULT_ADVICE[fault.kind].part, fault.subject.removeprefix("camera ")) for fault in sounding]
        return fault_sentence(parts, self._cameras)

    def faults(self) -> list[Fault]:
        """What keeps sentences from being said, where phrases were rendered once; otherwise nobody expects any."""
        trouble = self._clips.trouble if self._clips.is_rendered else ""
        return faults_of(FaultKind.SPEECH, [f"speech: {trouble}; {REMEDY}"] if trouble else [])
