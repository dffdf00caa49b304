"""``alpr-edge hotlist``: the noun's commands, each in the file of what it does."""

import typer

from alpr_edge.cli import hotlist_import, hotlist_own, hotlist_status, hotlist_sync

app = typer.Typer(help="Import and sync hotlists, see their age, look a plate up, add entries.", no_args_is_help=True)
app.command("import")(hotlist_import.import_file)
app.command("export")(hotlist_import.export)
app.command("sync")(hotlist_sync.sync)
app.command("rollback")(hotlist_sync.rollback)
app.command("status")(hotlist_status.status)
app.command("match")(hotlist_status.match)
app.command("add")(hotlist_own.add)
app.command("remove")(hotlist_own.remove)
