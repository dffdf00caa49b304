"""``alpr-edge canvass``: the commands of canvasses, a file a kind of command."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

app = lazy_app(
    {
        "start": LazyTarget("alpr_edge.cli.canvass.changes:start_command", "Keep every plate around a crime scene"),
        "end": LazyTarget("alpr_edge.cli.canvass.changes:end_command", "End a canvass; its reads stay held"),
        "list": LazyTarget("alpr_edge.cli.canvass.overview:list_command", "List canvasses, running and ended"),
        "show": LazyTarget("alpr_edge.cli.canvass.overview:show_command", "Show the state of one canvass"),
        "result": LazyTarget("alpr_edge.cli.canvass.results:result_command", "Show the reads of a canvass"),
    },
    help="Canvass a crime scene (policy 462.4(c)).",
)
