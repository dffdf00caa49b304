"""Make a bundle: a release with its wheels in one folder, for units that are never on the internet.

The same checkout and lock make the same MANIFEST. The models travel in the product's own wheel. What is in the bundle
stands in alpr-edge.cdx.json (CycloneDX), which is signed with the rest.
"""

import argparse
import json
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from scripts.deploy.bundle.components import write_components
from scripts.deploy.bundle.contents import About, lay_release, write_manifest
from scripts.deploy.bundle.wheels import fetch_wheels, own_wheel
from scripts.deploy.provision.bundle import MACHINES, MANIFEST, SIGNATURE, require_ed25519, signed_files
from scripts.deploy.provision.machine import ProvisioningError, run
from scripts.deploy.provision.program import run_program

ROOT = Path(__file__).parents[3]
KEPT = ROOT / "out" / "bundle-wheels"
PYTHONS = ("3.11", "3.13")


def main() -> int:
    """Make the bundle; 0 done, 1 a deliberate error, 2 wrong usage, 130 interrupted."""
    arguments = _parser().parse_args()
    left = "; nothing was left but wheels kept for the next time"
    return run_program("bundle", lambda: _make(arguments), after_interrupt=left)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bundle", description=__doc__, epilog="Exit codes: 0 done, 1 an error, 2 wrong usage."
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder to make; an earlier bundle there is replaced")
    parser.add_argument("--platform", type=_list_of(MACHINES), default=list(MACHINES), help="x86_64,aarch64")
    parser.add_argument("--python", type=_list_of(("3.11", "3.12", "3.13")), default=list(PYTHONS), help="3.11,3.13")
    parser.add_argument("--sign", type=Path, metavar="KEY", help="Ed25519 private key; units refuse an unsigned bundle")
    parser.add_argument("--debs", type=Path, metavar="FOLDER", help="Debian packages for units that lack some")
    parser.add_argument("--source", type=Path, default=ROOT, metavar="CHECKOUT", help="what to bundle; this checkout")
    parser.add_argument("--json", action="store_true", help="a summary for programs on stdout")
    return parser


def _list_of(names: tuple[str, ...]) -> Callable[[str], list[str]]:
    """Return a parser of a comma-separated list of known names; it keeps their order."""

    def some(text: str) -> list[str]:
        requested = text.split(",")
        if unknown := sorted(set(requested) - set(names)):
            raise argparse.ArgumentTypeError(f"{', '.join(unknown)}: not of {', '.join(names)}")
        return [name for name in names if name in requested]

    return some


def _make(arguments: argparse.Namespace) -> int:
    began_s = time.monotonic()
    about = About.of(arguments.source, arguments.platform, arguments.python)
    out: Path = arguments.out
    if out.exists() and not (out / MANIFEST).is_file():
        raise ProvisioningError(f"{out}: exists and is no bundle; name another folder")
    if arguments.sign is not None:
        require_ed25519(arguments.sign, private=True)
    draft = out.with_name(f"{out.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        total = len(about.machines) * len(about.pythons) + 3
        task = progress.add_task("wheels", total=total)
        for machine in about.machines:
            for python in about.pythons:
                progress.update(task, description=f"wheels for {machine}, Python {python}")
                fetch_wheels(arguments.source / "requirements.lock", machine, python, KEPT, draft / "wheels")
                progress.advance(task)
        progress.update(task, description="the product's own wheel")
        own_wheel(arguments.source, draft / "wheels")
        progress.advance(task)
        lay_release(arguments.source, draft, about, arguments.debs)
        write_components(arguments.source, draft, about)
        progress.advance(task)
        files = write_manifest(draft)
        if arguments.sign is not None:
            _sign(draft, arguments.sign)
    _put(draft, out)
    _tell(arguments, about, files, time.monotonic() - began_s)
    return 0


def _sign(bundle: Path, key: Path) -> None:
    """Sign the manifest, and check it as a unit will."""
    run("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", bundle / MANIFEST, "-out", bundle / SIGNATURE)
    public = bundle.with_name(f"{bundle.name}.pub")
    try:
        run("openssl", "pkey", "-in", key, "-pubout", "-out", public)
        signed_files(bundle, public)
    finally:
        public.unlink(missing_ok=True)


def _put(draft: Path, out: Path) -> None:
    before = out.with_name(f"{out.name}.old")
    shutil.rmtree(before, ignore_errors=True)
    if out.exists():
        out.rename(before)
    draft.rename(out)
    shutil.rmtree(before, ignore_errors=True)


def _tell(arguments: argparse.Namespace, about: About, files: dict[str, str], seconds: float) -> None:
    size = sum((arguments.out / name).stat().st_size for name in files)
    summary = {"version": about.version, "files": len(files), "bytes": size, "seconds": round(seconds, 1)}
    if arguments.json:
        print(json.dumps(summary | {"signed": arguments.sign is not None}))
    else:
        print(f"{arguments.out}: release {about.version}, {len(files)} files, {size / 1e6:.0f} MB, {seconds:.0f} s")
    if arguments.sign is None:
        print("bundle: not signed, and no unit will take it; sign with --sign KEY", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
