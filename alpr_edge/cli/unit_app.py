"""``alpr-edge unit``: what is done to and asked of one unit, a file a command."""

import typer

from alpr_edge.cli import (
    unit_aim,
    unit_card,
    unit_check,
    unit_disk,
    unit_enrol,
    unit_handover,
    unit_ignition,
    unit_refused,
    unit_retire,
    unit_salvage,
)

app = typer.Typer(help="This unit: enrol it, and more.", no_args_is_help=True)
app.command("enrol")(unit_enrol.enrol_command)
app.command("retire")(unit_retire.retire_command)
app.command("handover")(unit_handover.handover_command)
app.command("salvage")(unit_salvage.salvage)
app.command("ignition")(unit_ignition.ignition_command)
app.command("aim")(unit_aim.aim_command)
app.command("check")(unit_check.check_command)
app.command("card")(unit_card.card_command)
app.command("disk")(unit_disk.disk_command)
app.command("hold")(unit_disk.hold_command)
app.command("release")(unit_disk.release_command)
app.command("refused")(unit_refused.refused_command)
