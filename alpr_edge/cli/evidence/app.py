"""``alpr-edge evidence``: the noun's commands, each in the file of what it does."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

_PACKAGE = "alpr_edge.cli.evidence"

app = lazy_app(
    {
        "export": LazyTarget(f"{_PACKAGE}.export:export_command", "Export the evidence of a case to a medium"),
        "list": LazyTarget(f"{_PACKAGE}.bookings:list_command", "List exported packages"),
        "verify": LazyTarget(f"{_PACKAGE}.verification:verify", "Verify an evidence package, on any computer"),
    },
    help="Export the evidence of a case as a signed package, list exports, verify a package.",
)
