"""``alpr-edge models``: are the model files the ones their manifest names, and how others are added."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_lines, print_object
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
    """Compare every model file with its manifest entry. Exit code 1 if one differs."""
    results = [result for folder in _folders(models, settings) for result in _verify_folder(folder)]
    if as_json:
        print_lines(results)
    else:
        typer.echo("\n".join(f"{result['model']}: {result['fault'] or 'as in the manifest'}" for result in results))
    if not all(result["ok"] for result in results):
        raise typer.Exit(1)


@app.command()
def add(
    detector: Annotated[
        Path, typer.Argument(metavar="DETECTOR", help="Detector of open-image-models, or one of ours.")
    ],
    reader: Annotated[Path, typer.Argument(metavar="READER", help="Reader of fast-plate-ocr, or one of ours.")],
    config: Annotated[
        Path, typer.Option("--config", help="The reader's plate configuration (YAML).", show_default=False)
    ],
    name: Annotated[
        str | None, typer.Option("--name", help="Name of both; default: those of the files.", show_default=False)
    ] = None,
    settings: SettingsOption = DEFAULT_SETTINGS,
    as_json: JsonOption = False,
) -> None:
    """Check a detector and a reader and add them to this unit. They are tried on a rendered frame first.

    They are used once vision.detector and vision.reader name them. How well they find and read, a checkout measures on
    real photos: scripts/bench accuracy --models FOLDER --detector NAME --reader NAME
    """
    from alpr_edge.services.model_install import ModelFiles, add_models
    from alpr_edge.settings import load

    unit = load(settings)
    addition = add_models(ModelFiles(detector, reader, config, name), unit, datetime.now(UTC).date())
    print_object(addition) if as_json else typer.echo(_addition_text(addition))


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


def _verify_folder(folder: Path) -> list[dict[str, str | bool]]:
    from alpr_edge.vision.manifest import load_model, model_names

    results: list[dict[str, str | bool]] = []
    for role, name in model_names(folder):
        try:
            results.append({"model": load_model(folder, role, name).model_id, "ok": True, "fault": ""})
        except ModelError as error:
            results.append({"model": f"{role}:{name}", "ok": False, "fault": str(error)})
    return results


def _addition_text(addition: AddedModels) -> str:
    detection = "found" if addition.plate_found else "not found"
    read = "read right" if addition.text_right else "not read right"
    return "\n".join(
        [
            f"Added to {addition.folder}.",
            f"The plate of the trial frame was {detection} by the detector, {read} by the reader.",
            "To use them, set:",
            "  [vision]",
            f'  detector = "{addition.detector}"',
            f'  reader = "{addition.reader}"',
        ]
    )
