"""Checks whether the unit can say what it is to say after a tone."""

from alpr_edge.alerts.speech.clips import REMEDY
from alpr_edge.app.alert_speech import open_clips
from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.domain.diagnostics.checks import Check, amber, green


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
