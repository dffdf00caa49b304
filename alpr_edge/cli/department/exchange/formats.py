"""``alpr-edge department exchange formats``: the templates and maps that come with the program."""

from __future__ import annotations

from typing import Annotated

import typer

from alpr_edge.cli.common import JsonOption
from alpr_edge.cli.output import print_object
from alpr_edge.domain.errors import DepartmentError


def formats_command(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="One of them, to be printed and changed.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List or print templates and maps. A template says how events go out, a map how a CSV is imported."""
    from alpr_edge.department.interchange.import_map import built_in_maps, map_text
    from alpr_edge.department.interchange.templates import built_in_templates, template_text

    templates, maps = built_in_templates(), built_in_maps()
    if name is None:
        lines = [f"template {each}" for each in templates] + [f"map {each}" for each in maps]
        print_object({"templates": templates, "maps": maps}) if as_json else typer.echo("\n".join(lines))
        return
    if name not in (*templates, *maps):
        raise DepartmentError(f"{name}: no template and no map; there are {', '.join((*templates, *maps))}")
    text = template_text(name) if name in templates else map_text(name)
    print_object({"name": name, "text": text}) if as_json else typer.echo(text, nl=False)
