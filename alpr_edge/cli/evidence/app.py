"""``alpr-edge evidence``: the noun's commands, each in the file of what it does."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

_PACKAGE = "alpr_edge.cli.evidence"

app = lazy_app(
    {
        "verify": LazyTarget(f"{_PACKAGE}.verification:verify", "Verify an evidence package, on any computer"),
    },
    help="Verify evidence packages.",
)
