"""``alpr-edge department people``: who is there, what they may do, and how they get in."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

_HERE = "alpr_edge.cli.department.people"

app = lazy_app(
    {
        "add": LazyTarget(f"{_HERE}.entries:add_command", "Add somebody"),
        "change": LazyTarget(f"{_HERE}.entries:change_command", "Change what is known of somebody"),
        "import": LazyTarget(f"{_HERE}.entries:import_command", "Add and change people by a CSV file"),
        "list": LazyTarget(f"{_HERE}.entries:list_command", "List everybody"),
        "changes": LazyTarget(f"{_HERE}.entries:changes_command", "Show who changed what, and check the record"),
        "invite": LazyTarget(f"{_HERE}.access:invite_command", "Make a one-time address to set a password"),
        "training": LazyTarget(f"{_HERE}.trainings:training_command", "Record a training, as the Training Supervisor"),
        "code": LazyTarget(f"{_HERE}.code:code_command", "Unlock an account in a car without a link"),
        "link": LazyTarget(f"{_HERE}.links:link_command", "Link somebody to a single sign-on"),
        "unlink": LazyTarget(f"{_HERE}.links:unlink_command", "Take somebody's single sign-on away"),
        "suspend": LazyTarget(f"{_HERE}.access:suspend_command", "End somebody's access, here and in every car"),
        "sign-out": LazyTarget(f"{_HERE}.access:sign_out_command", "End somebody's sessions; the account stays"),
        "unlock": LazyTarget(f"{_HERE}.access:unlock_command", "Unlock an account, here and in every car"),
    },
    help="The accounts of the department's people.",
)
