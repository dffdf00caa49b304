"""``alpr-edge unit``: collects the commands of one unit, a file a command."""

import typer

from alpr_edge.cli.unit import aim as unit_aim
from alpr_edge.cli.unit import card as unit_card
from alpr_edge.cli.unit import check as unit_check
from alpr_edge.cli.unit import disk as unit_disk
from alpr_edge.cli.unit import enrol as unit_enrol
from alpr_edge.cli.unit import handover as unit_handover
from alpr_edge.cli.unit import ignition as unit_ignition
from alpr_edge.cli.unit import refused as unit_refused
from alpr_edge.cli.unit import retire as unit_retire
from alpr_edge.cli.unit import salvage as unit_salvage

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
