"""Checks the model files: whether they are the ones of their manifest, and which of them the unit runs."""

from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.domain.diagnostics.checks import Check, Grade, amber, green, red
from alpr_edge.domain.errors import ModelError
from alpr_edge.vision.model_files.choice import REMEDY, ModelChoice, chosen_files, used_models
from alpr_edge.vision.model_files.folders import model_folders
from alpr_edge.vision.model_files.manifest import has_manifest, load_model, model_files


def check_models(context: CheckContext) -> list[Check]:
    """Check every model file against its manifest, those of the settings among them, and the choice of int8 files."""
    settings = context.settings
    folders = model_folders(settings.vision, settings.unit.data_directory)
    faults, digests = [], []
    for folder in (folders[0], *filter(has_manifest, folders[1:])):
        for role, name, precision in model_files(folder):
            try:
                digest = load_model(folder, role, name, precision).sha256
                digests.append(f"{role} {name}, {precision}: SHA-256 {digest}")
            except ModelError as error:
                faults.append(str(error))
    used_models(folders, settings.vision.detector, settings.vision.reader)
    if faults:
        return [red("models", faults[0], "restore the file from the release, or provision again")]
    models_in_use = f"detector {settings.vision.detector}, reader {settings.vision.reader}"
    files = green("models", f"{len(digests)} files as in the manifest; in use: {models_in_use}", tuple(digests))
    return [files, _check_choice(context)]


def _check_choice(context: CheckContext) -> Check:
    """Check whether the unit runs the files that were measured to be the faster ones."""
    vision, data = context.settings.vision, context.settings.unit.data_directory
    files = chosen_files(model_folders(vision, data), (vision.detector, vision.reader), data)
    if files.objection:
        return amber("model choice", f"float32 is run: {files.objection}", REMEDY)
    if files.choice is None:
        return green("model choice", "float32: no model of the settings has an int8 file")
    return Check("model choice", Grade.GREEN, _choice_text(files.choice), details=_choice_details(files.choice))


def _choice_text(choice: ModelChoice) -> str:
    """What is run, with the time of one inference on one thread."""
    return ", ".join(f"{part.part} {part.taken} {part.time_ms:.1f} ms" for part in choice.parts)


def _choice_details(choice: ModelChoice) -> tuple[str, ...]:
    where = f"measured {choice.made} on {choice.conditions.processor}, ONNX Runtime {choice.conditions.onnxruntime}"
    return (where, *(f"{part.part}: {part.taken}: {part.why}" for part in choice.parts))
