"""``alpr-edge hotlist``: the noun's commands, each in the file of what it does."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

app = lazy_app(
    {
        "import": LazyTarget("alpr_edge.cli.hotlist.import_:import_file", "Check a feed and make it the list in use"),
        "export": LazyTarget("alpr_edge.cli.hotlist.import_:export", "Write which lines of a feed were rejected"),
        "sync": LazyTarget("alpr_edge.cli.hotlist.sync:sync", "Fetch and import what is newer, now"),
        "rollback": LazyTarget("alpr_edge.cli.hotlist.sync:rollback", "Go back to the list before"),
        "status": LazyTarget("alpr_edge.cli.hotlist.status:status", "Show every list, its age and its size"),
        "match": LazyTarget("alpr_edge.cli.hotlist.status:match", "Look a plate up as a read would be"),
        "add": LazyTarget("alpr_edge.cli.hotlist.officer_entries:add", "Watch for a plate or a part of one"),
        "remove": LazyTarget("alpr_edge.cli.hotlist.officer_entries:remove", "Stop watching for an officer's entry"),
    },
    help="Import and sync hotlists, see their age, look a plate up, add entries.",
)
