"""Programs, tools and folders of the machine that a proof runs on."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from alpr_edge.domain.errors import AlprEdgeError

ROOT = Path(__file__).parents[2]
CACHE = ROOT / "out" / "proving"
TOOLS = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "ip": "iproute2",
    "nft": "nftables",
    "nsenter": "util-linux",
}
PASSED_ON = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CERT", "PIP_TRUSTED_HOST", "SSL_CERT_FILE")
PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


class ProofError(AlprEdgeError):
    """Something does not hold, or could not be tried."""


def fault() -> str:
    """Why nothing can be proven here; empty when it can."""
    if os.geteuid() != 0:
        return "starting a machine in a folder needs root; run it with sudo"
    missing = [package for tool, package in TOOLS.items() if shutil.which(tool, path=_path()) is None]
    return f"{', '.join(missing)} missing: apt install {' '.join(missing)}" if missing else ""


def call(
    *command: str | Path,
    stdin: bytes | None = None,
    timeout_s: float = 600,
    environment: Mapping[str, str] | None = None,
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Run a program of this machine.

    Args:
        command: the program and its arguments.
        stdin: the input of the command; none by default.
        timeout_s: seconds after which the program is killed.
        environment: all its variables; by default those of this process.
        check: whether a failure raises ProofError.

    Raises:
        ProofError: it failed or took too long; its last lines are quoted.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            input=stdin,
            stdin=None if stdin is not None else subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            env=dict(os.environ if environment is None else environment) | {"PATH": _path()},
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ProofError(f"{' '.join(words)[:200]}: took longer than {timeout_s:g} s") from None
    text = subprocess.CompletedProcess(
        words, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    )
    if check and text.returncode:
        last_lines = " | ".join((text.stderr.strip() or text.stdout.strip()).splitlines()[-4:])
        raise ProofError(f"{' '.join(words)[:200]}: {last_lines or f'exit code {text.returncode}'}")
    return text


def until(holds: Callable[[], object], what: str, timeout_s: float, every_s: float = 0.5) -> float:
    """Wait until something holds; returns the seconds it took.

    Raises:
        ProofError: it did not in time.
    """
    began_s = time.monotonic()
    while not holds():
        if time.monotonic() - began_s > timeout_s:
            raise ProofError(f"not within {timeout_s:g} s: {what}")
        time.sleep(every_s)
    return time.monotonic() - began_s


def require(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as the sentence it is
    """Raise ProofError with a sentence unless something holds."""
    if not holds:
        raise ProofError(otherwise)


def package_index() -> dict[str, str]:
    """The variables by which this machine says where packages come from; they are passed on and never written down."""
    return {name: os.environ[name] for name in (*PASSED_ON, *PROXIES) if name in os.environ}


def authorities() -> Path:
    """The file of certificate authorities that this machine trusts its index by."""
    return Path(os.environ.get("PIP_CERT") or os.environ.get("SSL_CERT_FILE") or "/etc/ssl/certs/ca-certificates.crt")


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
