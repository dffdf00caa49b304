"""``alpr-edge models``: are the model files the ones their manifest names?"""

import json
from pathlib import Path
from typing import Annotated

import typer

from alpr_edge.app.doors import shipped_models
from alpr_edge.cli.common import JsonOption, fail
from alpr_edge.domain.errors import ModelError
from alpr_edge.vision.manifest import load_model, model_names

app = typer.Typer(help="Detector and reader files.", no_args_is_help=True)


@app.callback()
def _models() -> None:
    """Keep ``verify`` a subcommand while it is the only one."""


@app.command()
def verify(
    models: Annotated[
        Path | None, typer.Option("--models", help="Folder of models; default: the ones shipped.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Compare every model file with its manifest entry. Exit code 1 if one differs."""
    directory = models or shipped_models()
    try:
        names = model_names(directory)
    except ModelError as error:
        fail(error)
    results = []
    for role, name in names:
        try:
            results.append({"model": load_model(directory, role, name).model_id, "ok": True, "fault": ""})
        except ModelError as error:
            results.append({"model": f"{role}:{name}", "ok": False, "fault": str(error)})
    for result in results:
        typer.echo(json.dumps(result) if as_json else f"{result['model']}: {result['fault'] or 'as in the manifest'}")
    if not all(result["ok"] for result in results):
        raise typer.Exit(1)
