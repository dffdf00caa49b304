"""``alpr-edge models``: are the model files the ones their manifest names, how others are added, float32 or int8."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from alpr_edge.cli.access.opening import open_begun_upkeep
from alpr_edge.cli.common import DEFAULT_SETTINGS, JsonOption, SettingsOption
from alpr_edge.cli.output import print_lines, print_object, print_table
from alpr_edge.domain.errors import ModelError

if TYPE_CHECKING:
    from alpr_edge.services.models.installation import AddedModels
    from alpr_edge.vision.model_files.choice import FileTiming, ModelChoice

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
        typer.echo("\n".join(map(_verify_text, results)))
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
    from alpr_edge.services.changes.model_changes import add_models_on_record
    from alpr_edge.services.models.installation import ModelFiles
    from alpr_edge.settings import load

    unit, files = load(settings), ModelFiles(detector, reader, config, name)
    with open_begun_upkeep(unit) as authoriser:
        addition = add_models_on_record(files, unit, authoriser, datetime.now(UTC).date())
    print_object(addition) if as_json else typer.echo(_addition_text(addition))


@app.command()
def choose(settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """Time float32 and int8 here, and record which one runs.

    It takes int8 where that is a tenth faster and finds and reads the same on a rendered street; a few seconds. The
    file model-choice.json of the data folder holds the figures. What runs goes on with the files that it has.
    """
    from alpr_edge.cli.progress import progress_bar
    from alpr_edge.services.changes.model_changes import choose_models_on_record
    from alpr_edge.settings import load

    unit = load(settings)
    with open_begun_upkeep(unit) as authoriser, progress_bar("open the models") as show:
        choice = choose_models_on_record(unit, authoriser, datetime.now(UTC), show)
    if as_json:
        print_object(choice.model_dump())
        return
    _print_choice(choice)
    typer.echo("alpr-edge run and drive use it from their next start: systemctl restart alpr-edge")


@app.command("choice")
def show_choice(settings: SettingsOption = DEFAULT_SETTINGS, as_json: JsonOption = False) -> None:
    """Show which files the unit runs, and why. Exit code 1 if a choice has to be made."""
    from alpr_edge.settings import load
    from alpr_edge.vision.model_files.choice import REMEDY, chosen_files
    from alpr_edge.vision.model_files.folders import model_folders

    unit = load(settings)
    data = unit.unit.data_directory
    files = chosen_files(model_folders(unit.vision, data), (unit.vision.detector, unit.vision.reader), data)
    if as_json:
        choice = None if files.choice is None else files.choice.model_dump()
        fields = {"fits": not files.objection, "objection": files.objection, "files": dict(files.precisions)}
        print_object(fields | {"choice": choice})
    elif files.choice is not None:
        _print_choice(files.choice)
    elif not files.objection:
        typer.echo("float32 is run: no model of the settings has an int8 file")
    if files.objection:
        typer.echo(f"alpr-edge: float32 is run: {files.objection}; {REMEDY}", err=True)
        raise typer.Exit(1)


def _print_choice(choice: ModelChoice) -> None:
    typer.echo(f"{choice.conditions.processor}; ONNX Runtime {choice.conditions.onnxruntime}; {choice.made}")
    rows = [
        (part.part, _ms(part.float32), _ms(part.int8), f"{part.same} of {part.compared}", part.taken, part.why)
        for part in choice.parts
    ]
    print_table(("network", "float32", "int8", "agree", "runs", "why"), rows)


def _ms(timing: FileTiming | None) -> str:
    return "-" if timing is None else f"{timing.ms:.1f} ms"


def _folders(models: Path | None, settings: Path) -> list[Path]:
    """The folder asked for or set, and the one of added models where there is any.

    Without a settings file (no unit, only the software) nothing was added.
    """
    from alpr_edge.settings import Settings, load
    from alpr_edge.vision.model_files.folders import model_folders
    from alpr_edge.vision.model_files.manifest import has_manifest

    is_unit = settings != DEFAULT_SETTINGS or settings.exists()
    unit = load(settings) if is_unit else Settings()
    folders = model_folders(unit.vision, unit.unit.data_directory)
    return [models or folders[0], *(folder for folder in folders[1:] if is_unit and has_manifest(folder))]


def _verify_folder(folder: Path) -> list[dict[str, str | bool]]:
    from alpr_edge.vision.model_files.manifest import load_model, model_files

    results: list[dict[str, str | bool]] = []
    for role, name, precision in model_files(folder):
        try:
            model = load_model(folder, role, name, precision)
            results.append({"model": model.model_id, "precision": precision, "ok": True, "fault": ""})
        except ModelError as error:
            results.append({"model": f"{role}:{name}", "precision": precision, "ok": False, "fault": str(error)})
    return results


def _verify_text(result: dict[str, str | bool]) -> str:
    precision = "" if result["precision"] == "float32" else f" ({result['precision']})"
    return f"{result['model']}{precision}: {result['fault'] or 'as in the manifest'}"


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
