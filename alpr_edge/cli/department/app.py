"""``alpr-edge department``: the receiving side."""

import typer

from alpr_edge.cli.department import certificates, lists, media, serve, status, units

app = typer.Typer(help="The department's storage: take what units deliver, store it once.", no_args_is_help=True)
app.command("init")(certificates.init_command)
app.command("renew")(certificates.renew_command)
app.command("serve")(serve.serve_command)
app.command("status")(status.status_command)
app.command("verify")(status.verify_command)
app.command("code")(units.code_command)
app.add_typer(units.app, name="unit")
app.command("publish")(lists.publish_command)
app.command("lists")(lists.lists_command)
app.command("withdraw")(lists.withdraw_command)
app.command("audience")(lists.audience_command)
app.command("import")(media.import_command)
app.command("key")(media.key_command)
