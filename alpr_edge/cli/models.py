"""``alpr-edge models``: are the model files the ones their manifest names, and how others are added."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.domain.errors import ModelError

if TYPE_CHECKING:
    from alpr_edge.services.model_install import AddedModels

app = typer.Typer(help="Detector and reader files.", no_args_is_help=True)


@app.command()
def verify(
    models: Annotated[
        Path | None, typer.Option("--models", help="Folder of models; default: the settings', or the ones shipped.")
    ] = None,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Compare every model file, shipped and added, with its manifest entry. Exit code 1 if one differs."""
    results = [result for folder in _folders(models, settings) for result in _verified(folder)]
    for result in results:
        typer.echo(json.dumps(result) if as_json else f"{result['model']}: {result['fault'] or 'as in the manifest'}")
    if not all(result["ok"] for result in results):
        raise typer.Exit(1)


@app.command()
def add(
    detector: Annotated[Path, typer.Argument(help="Detector of open-image-models, or one of ours.")],
    reader: Annotated[Path, typer.Argument(help="Reader of fast-plate-ocr, or one of ours.")],
    config: Annotated[
        Path, typer.Option("--config", help="The reader's plate configuration (YAML).", show_default=False)
    ],
    name: Annotated[
        str | None, typer.Option("--name", help="Name of both; default: those of the files.", show_default=False)
    ] = None,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Check a detector and a reader, try them on a rendered frame and add them to this unit.

    They are used once vision.detector and vision.reader name them. How well they find and read, a checkout measures on
    real photos: scripts/bench accuracy --models FOLDER --detector NAME --reader NAME
    """
    from alpr_edge.services.model_install import ModelFiles, add_models
    from alpr_edge.settings import load

    unit = load(settings)
    added = add_models(ModelFiles(detector, reader, config, name), unit, datetime.now(UTC).date())
    typer.echo(json.dumps(asdict(added) | {"folder": str(added.folder)}) if as_json else _told(added))


def _folders(models: Path | None, settings: Path) -> list[Path]:
    """The folder asked for or set, and the one of added models where there is any.

    Without a settings file (no unit, only the software) nothing was added.
    """
    from alpr_edge.settings import Settings, load
    from alpr_edge.vision.manifest import has_manifest
    from alpr_edge.vision.model_folders import model_folders

    is_unit = settings != DEFAULT_SETTINGS or settings.exists()
    unit = load(settings) if is_unit else Settings()
    folders = model_folders(unit.vision, unit.unit.data_directory)
    return [models or folders[0], *(folder for folder in folders[1:] if is_unit and has_manifest(folder))]


def _verified(folder: Path) -> list[dict[str, str | bool]]:
    from alpr_edge.vision.manifest import load_model, model_names

    results: list[dict[str, str | bool]] = []
    for role, name in model_names(folder):
        try:
            results.append({"model": load_model(folder, role, name).model_id, "ok": True, "fault": ""})
        except ModelError as error:
            results.append({"model": f"{role}:{name}", "ok": False, "fault": str(error)})
    return results


def _told(added: AddedModels) -> str:
    found = "found" if added.plate_found else "not found"
    read = "read right" if added.text_right else "not read right"
    return "\n".join(
        [
            f"Added to {added.folder}. The plate of the trial frame was {found} by the detector, {read} by the reader.",
            "To use them, set:",
            "  [vision]",
            f'  detector = "{added.detector}"',
            f'  reader = "{added.reader}"',
        ]
    )
