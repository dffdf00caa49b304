"""``alpr-edge hotlist``: the noun's commands, each in the file of what it does."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

_PACKAGE = "alpr_edge.cli.hotlist"

app = lazy_app(
    {
        "import": LazyTarget(f"{_PACKAGE}.import_:import_file", "Check a feed and put it into use"),
        "export": LazyTarget(f"{_PACKAGE}.import_:export", "Write which lines of a feed were rejected"),
        "sync": LazyTarget(f"{_PACKAGE}.sync:sync", "Download and import newer lists now"),
        "rollback": LazyTarget(f"{_PACKAGE}.changes:rollback", "Return to the previous generation"),
        "drop": LazyTarget(f"{_PACKAGE}.changes:drop", "Remove a list with all its generations"),
        "dismiss": LazyTarget(f"{_PACKAGE}.changes:dismiss", "Dismiss a list's refused feed"),
        "changes": LazyTarget(f"{_PACKAGE}.changes:changes", "Show manual changes to lists"),
        "status": LazyTarget(f"{_PACKAGE}.status:status", "Show each list with age and size"),
        "list": LazyTarget(f"{_PACKAGE}.entries:list_entries", "Show the entries of a list"),
        "match": LazyTarget(f"{_PACKAGE}.match:match", "Look up a plate as a read would be"),
        "add": LazyTarget(f"{_PACKAGE}.officer_entries:add", "Add an entry for all or part of a plate"),
        "remove": LazyTarget(f"{_PACKAGE}.officer_entries:remove", "Remove an officer's entry"),
    },
    help="Import and sync hotlists, show their age, look up plates, add entries.",
)
