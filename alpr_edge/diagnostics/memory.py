"""Checks what of memory and keys could be found by somebody who takes the disk."""

from pathlib import Path

from alpr_edge.diagnostics.context import CheckContext
from alpr_edge.domain.diagnostics.checks import Check, Grade, amber, green
from alpr_edge.runtime.memory import core_pattern, swaps

SEALED_WITH = Path("/etc/alpr-edge/keys-sealed-with")
"""File that provisioning writes: "host+tpm2", or "host" where the computer has no TPM."""
TPM = Path("/dev/tpmrm0")


def check_memory(context: CheckContext, proc: Path = Path("/proc"), system: Path = Path("/sys")) -> list[Check]:
    """Check that no memory is written to a disk in the clear, by swap or core files."""
    del context
    pattern = core_pattern(proc)
    details = (f"core files: none of this software; of other programs: {pattern or 'not known'}",)
    open_swaps = [swap.path for swap in swaps(proc, system) if not swap.is_private]
    if open_swaps:
        text = f"swap is not encrypted: {', '.join(open_swaps)}"
        todo = "swapoff -a and remove it from /etc/fstab; or use zram, or an encrypted device"
        return [Check("memory", Grade.AMBER, text, "green: none, zram or encrypted", todo, details=details)]
    return [green("memory", "no swap in the clear, no core files", details)]


def check_sealing(directory: Path, sealed_with: Path = SEALED_WITH, tpm: Path = TPM) -> Check:
    """Check where the keys are, and whether the disk alone would be enough to decrypt the data."""
    try:
        how = sealed_with.read_text(encoding="ascii").strip()
    except OSError:
        how = ""
    if "tpm2" in how:
        return green("keys sealed", "with this computer's TPM: the disk alone opens nothing")
    where = "with a secret on this computer's disk" if how else f"not sealed: files in {directory}"
    if tpm.exists():
        return amber("keys sealed", f"{where}, though there is a TPM", "run scripts/provision again: it seals with it")
    return green("keys sealed", f"{where}; there is no TPM: who takes the disk takes the keys")
