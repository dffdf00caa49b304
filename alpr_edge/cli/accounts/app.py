"""``alpr-edge accounts``: the people of a unit without a department, a file for each kind of command."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

app = lazy_app(
    {
        "add": LazyTarget("alpr_edge.cli.accounts.changes:add_command", "Add a person to this unit's own roster"),
        "change": LazyTarget("alpr_edge.cli.accounts.changes:change_command", "Change a person, or record training"),
        "suspend": LazyTarget("alpr_edge.cli.accounts.changes:suspend_command", "Suspend an account immediately"),
        "import": LazyTarget("alpr_edge.cli.accounts.import_:import_command", "Add and change people by a CSV file"),
        "list": LazyTarget("alpr_edge.cli.accounts.overview:list_command", "List the people of this unit's roster"),
        "review": LazyTarget("alpr_edge.cli.accounts.overview:review_command", "Record the yearly review of accounts"),
        "invite": LazyTarget(
            "alpr_edge.cli.accounts.invite:invite_command", "Let a person set a password and authenticator"
        ),
        "unlock": LazyTarget("alpr_edge.cli.accounts.unlock:unlock_command", "Unlock another person's account"),
    },
    help="People of a unit without a department: its own roster, signed by its own key.",
)
