"""What an update adds to a machine before the daemons of a release start: keys, the command, units."""

from contextlib import ExitStack
from pathlib import Path

from scripts.deploy.provision.keys import NAMES, STORE, KeysStep, key_names
from scripts.deploy.update.daemons import missing_parts

ROOT = Path(__file__).parents[3]


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


def test_a_key_that_a_services_file_of_the_new_release_opens_is_made(tmp_path: Path) -> None:
    files, units = tmp_path / "release" / "systemd", tmp_path / "units"
    files.mkdir(parents=True)
    units.mkdir()
    opens = "[Service]\nLoadCredentialEncrypted=alpr-edge-outbox\nLoadCredentialEncrypted=alpr-edge-canvass\n"
    (files / "alpr-edge.service").write_text(opens, encoding="ascii")
    (files / "alpr-edge-horn.service").write_text("[Service]\nType=simple\n", encoding="ascii")
    assert key_names(tmp_path / "release") == (*NAMES, "canvass")
    keys, *_ = missing_parts(tmp_path / "release", None, tmp_path / "root", units)
    assert f"make {STORE}/alpr-edge-canvass" in keys.pending()


def test_the_keys_of_a_unit_are_those_that_its_services_open() -> None:
    assert key_names(ROOT) == NAMES


class EarlierKeys(KeysStep):
    """Keys of a unit that was provisioned before there was an access log."""

    def __init__(self) -> None:
        super().__init__(has_tpm=False)
        self.missing = ["make /etc/credstore.encrypted/alpr-edge-access"]

    def pending(self) -> list[str]:
        return ["write /etc/alpr-edge/keys-sealed-with", *self.missing]
