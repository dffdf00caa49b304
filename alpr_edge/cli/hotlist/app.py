"""``alpr-edge hotlist``: the noun's commands, each in the file of what it does."""

import typer

from alpr_edge.cli.hotlist import changes, import_, match, officer_entries
from alpr_edge.cli.hotlist import status as hotlist_status
from alpr_edge.cli.hotlist import sync as hotlist_sync

app = typer.Typer(help="Import and sync hotlists, see their age, look a plate up, add entries.", no_args_is_help=True)
app.command("import")(import_.import_file)
app.command("export")(import_.export)
app.command("sync")(hotlist_sync.sync)
app.command("rollback")(changes.rollback)
app.command("drop")(changes.drop)
app.command("dismiss")(changes.dismiss)
app.command("changes")(changes.changes)
app.command("status")(hotlist_status.status)
app.command("match")(match.match)
app.command("add")(officer_entries.add)
app.command("remove")(officer_entries.remove)
