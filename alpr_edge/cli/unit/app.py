"""``alpr-edge unit``: the commands of one unit, a file a command."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

app = lazy_app(
    {
        "init": LazyTarget("alpr_edge.cli.unit.init:init_command", "Set up a unit of your own in a folder"),
        "status": LazyTarget("alpr_edge.cli.unit.status:status_command", "Show this unit's health, once or live"),
        "enroll": LazyTarget("alpr_edge.cli.unit.enrol:enrol_command", "Make this unit's key and get its certificate"),
        "retire": LazyTarget("alpr_edge.cli.unit.retire:retire_command", "Revoke this unit at the department"),
        "handover": LazyTarget(
            "alpr_edge.cli.unit.handover:handover_command", "Queue every read, count undelivered items"
        ),
        "salvage": LazyTarget("alpr_edge.cli.unit.salvage:salvage", "Recover what is readable in damaged databases"),
        "ignition": LazyTarget("alpr_edge.cli.unit.ignition:ignition_command", "Show or set the ignition state"),
        "aim": LazyTarget("alpr_edge.cli.unit.aim:aim_command", "Show pixels on a plate and blur by distance"),
        "metrics": LazyTarget("alpr_edge.cli.daemons:metrics", "Serve metrics to Prometheus on this computer"),
        "check": LazyTarget("alpr_edge.cli.unit.check:check_command", "Check whether this unit is fit for a shift"),
        "card": LazyTarget("alpr_edge.cli.unit.card:card_command", "Write the test card to print"),
        "disk": LazyTarget("alpr_edge.cli.unit.disk:disk_command", "Show disk use and how long the room lasts"),
        "support-bundle": LazyTarget(
            "alpr_edge.cli.unit.support_bundle:support_bundle_command", "Write a support bundle: no plates, no people"
        ),
        "refused": LazyTarget("alpr_edge.cli.unit.refused:refused_command", "List records that the store refused"),
    },
    help="Enroll and check this unit, and manage its data.",
)
