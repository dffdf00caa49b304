"""``alpr-edge sound render`` and ``phrases``: what is said after the tone of a hit, made into sound once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption, require_owner
from alpr_edge.cli.output import count_text, print_lines, print_object, print_table

if TYPE_CHECKING:
    from alpr_edge.alerts.speech.renderer import SpeechRendering


def render(
    voice: Annotated[
        str | None,
        typer.Option("--voice", help="A voice of `espeak-ng --voices=en`; default: the voice in use, else en-us."),
    ] = None,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Make the phrases of this unit with espeak-ng: levels, reasons, how sure, and the names of its cameras.

    What is there already stays, so run it again after a camera was renamed. A unit that runs says them from its next
    start: systemctl restart alpr-edge
    """
    from alpr_edge.alerts.speech.clips import read_manifest
    from alpr_edge.alerts.speech.espeak import DEFAULT_VOICE
    from alpr_edge.alerts.speech.renderer import render_speech
    from alpr_edge.cli.progress import progress_bar
    from alpr_edge.domain.speech.sentences import phrases_for
    from alpr_edge.settings import load

    unit = load(settings)
    directory = unit.unit.data_directory
    require_owner(directory)
    phrases = phrases_for([camera.id for camera in unit.camera])
    manifest, _ = read_manifest(directory)
    chosen = voice or (DEFAULT_VOICE if manifest is None else manifest.voice)
    with progress_bar("Render") as tick:
        rendering = render_speech(directory, phrases, chosen, lambda done: tick("phrases", done, len(phrases)))
    print_object(rendering) if as_json else typer.echo(_rendering_text(rendering))


def _rendering_text(rendering: SpeechRendering) -> str:
    phrases = count_text(rendering.phrase_count, "phrase")
    return f"{rendering.folder}: {phrases}, {rendering.new_count} made now, voice {rendering.voice}"


def show_phrases(settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """Show every phrase of this unit and how long it is. Exit code 1 when one is missing."""
    from alpr_edge.alerts.speech.clips import REMEDY, load_clips
    from alpr_edge.alerts.tones import RATE_HZ
    from alpr_edge.domain.speech.sentences import phrases_for
    from alpr_edge.settings import load

    unit = load(settings)
    directory = unit.unit.data_directory
    require_owner(directory)
    phrases = phrases_for([camera.id for camera in unit.camera])
    clips = load_clips(directory, phrases, 1.0)
    lengths = {phrase: len(samples) * 1000 // RATE_HZ for phrase, samples in clips.samples.items()}
    if as_json:
        print_lines({"phrase": phrase, "ms": lengths.get(phrase)} for phrase in phrases)
    else:
        rows = [(phrase, f"{lengths[phrase]} ms" if phrase in lengths else "missing") for phrase in phrases]
        print_table(("phrase", "length"), rows)
    if clips.trouble:
        typer.echo(f"alpr-edge: {clips.trouble}; {REMEDY}", err=True)
        raise typer.Exit(1)
