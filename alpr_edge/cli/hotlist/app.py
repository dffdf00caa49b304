"""``alpr-edge hotlist``: the noun's commands, each in the file of what it does."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

_PACKAGE = "alpr_edge.cli.hotlist"

app = lazy_app(
    {
        "import": LazyTarget(f"{_PACKAGE}.import_:import_file", "Check a feed and make it the list in use"),
        "export": LazyTarget(f"{_PACKAGE}.import_:export", "Write which lines of a feed were rejected"),
        "sync": LazyTarget(f"{_PACKAGE}.sync:sync", "Download and import what is newer, now"),
        "rollback": LazyTarget(f"{_PACKAGE}.changes:rollback", "Go back to the generation before"),
        "drop": LazyTarget(f"{_PACKAGE}.changes:drop", "Remove a list with all its generations"),
        "dismiss": LazyTarget(f"{_PACKAGE}.changes:dismiss", "Dismiss a list's refused feed"),
        "changes": LazyTarget(f"{_PACKAGE}.changes:changes", "Show who changed lists by hand"),
        "status": LazyTarget(f"{_PACKAGE}.status:status", "Show every list, its age and its size"),
        "list": LazyTarget(f"{_PACKAGE}.entries:list_entries", "Show the entries of a list"),
        "match": LazyTarget(f"{_PACKAGE}.match:match", "Look a plate up as a read would be"),
        "add": LazyTarget(f"{_PACKAGE}.officer_entries:add", "Watch for a plate or a part of one"),
        "remove": LazyTarget(f"{_PACKAGE}.officer_entries:remove", "Stop watching for an officer's entry"),
    },
    help="Import and sync hotlists, see their age, look a plate up, add entries.",
)
