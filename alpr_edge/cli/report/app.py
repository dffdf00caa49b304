"""``alpr-edge report``: the noun's commands, each in the file of what it does."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

_PACKAGE = "alpr_edge.cli.report"

app = lazy_app(
    {
        "transparency": LazyTarget(
            f"{_PACKAGE}.transparency:transparency", "Count reads, hits, searches and what came of them"
        ),
        "quality": LazyTarget(f"{_PACKAGE}.quality:quality", "Show how well each camera reads, by hour of the day"),
        "precision": LazyTarget(f"{_PACKAGE}.precision:precision", "Show how often reads are right"),
    },
    help="Report counts of reads, hits and searches, and reading accuracy; no plates, no people.",
)
