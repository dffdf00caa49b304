"""``alpr-edge accounts``: the people of a unit without a department, a file for each kind of command."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

app = lazy_app(
    {
        "add": LazyTarget("alpr_edge.cli.accounts.changes:add_command", "Add somebody to this unit's own roster"),
        "change": LazyTarget("alpr_edge.cli.accounts.changes:change_command", "Change somebody, or record training"),
        "suspend": LazyTarget("alpr_edge.cli.accounts.changes:suspend_command", "Let somebody in no more, at once"),
        "import": LazyTarget("alpr_edge.cli.accounts.import_:import_command", "Add and change people by a CSV file"),
        "list": LazyTarget("alpr_edge.cli.accounts.overview:list_command", "List the people of this unit's roster"),
        "review": LazyTarget("alpr_edge.cli.accounts.overview:review_command", "Note the yearly review of accounts"),
        "invite": LazyTarget("alpr_edge.cli.accounts.invite:invite_command", "Have somebody set password and code"),
        "unlock": LazyTarget("alpr_edge.cli.accounts.unlock:unlock_command", "Unlock somebody else's account"),
    },
    help="People of a unit without a department: its own roster, signed by its own key.",
)
