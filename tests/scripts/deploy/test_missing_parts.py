"""What an update adds to a machine before the daemons of a release start: keys, the command, units."""

from contextlib import ExitStack
from pathlib import Path

from scripts.deploy.provision.keys import KeysStep
from scripts.deploy.update.daemons import missing_parts


def test_a_unit_of_an_earlier_release_gets_its_missing_keys_and_its_command(tmp_path: Path) -> None:
    command = tmp_path / "release" / "config" / "system" / "usr" / "local" / "bin" / "alpr-edge"
    command.parent.mkdir(parents=True)
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    keys = EarlierKeys()
    target = tmp_path / "root"
    units = tmp_path / "units"
    units.mkdir()
    assert [step.name for step in missing_parts(tmp_path / "release", keys, target, units)] == ["keys", "command"]
    keys.missing = []
    (target / "usr" / "local" / "bin").mkdir(parents=True)
    (target / "usr" / "local" / "bin" / "alpr-edge").write_text("#!/bin/sh\n# before\n")
    with ExitStack() as undo:
        for step in missing_parts(tmp_path / "release", keys, target, units):
            step.apply(undo)
        undo.pop_all()
    assert (target / "usr" / "local" / "bin" / "alpr-edge").read_text() == "#!/bin/sh\n"
    assert missing_parts(tmp_path / "release", keys, target, units) == []
    assert missing_parts(tmp_path / "older", keys, target, units) == []


class EarlierKeys(KeysStep):
    """Keys of a unit that was provisioned before there was an access log."""

    def __init__(self) -> None:
        super().__init__(has_tpm=False)
        self.missing = ["make /etc/credstore.encrypted/alpr-edge-access"]

    def pending(self) -> list[str]:
        return ["write /etc/alpr-edge/keys-sealed-with", *self.missing]
