"""``alpr-edge holds``: reads that nothing may delete, for a case."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

app = lazy_app(
    {
        "place": LazyTarget("alpr_edge.cli.holds.changes:place_command", "Keep reads from being deleted, for a case"),
        "release": LazyTarget(
            "alpr_edge.cli.holds.changes:release_command", "Release a hold; its reads may be deleted"
        ),
        "list": LazyTarget("alpr_edge.cli.holds.changes:list_command", "List holds with case and person"),
    },
    help="Keep reads from being deleted, for a case (policy 462.5).",
)
