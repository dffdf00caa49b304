"""``alpr-edge sound``: the noun's commands."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

_PACKAGE = "alpr_edge.cli.sound"

app = lazy_app(
    {
        "render": LazyTarget(f"{_PACKAGE}.speech:render", "Make the spoken phrases after the tone of a hit"),
        "phrases": LazyTarget(f"{_PACKAGE}.speech:show_phrases", "Show which phrases the unit can say"),
    },
    help="The spoken phrases after the tone of a hit.",
)
