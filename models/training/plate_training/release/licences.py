"""models/LICENSE: for each released file its licence, and what it saw under which licence and at which commit."""

from plate_training.data.exported_models import LICENCES
from plate_training.release.manifest import Manifest

TOP = """\
Licences of the files in this folder
====================================

Weights, by what they saw in training. models/training/release writes this from manifest.toml.
"""
COPYLEFT = """
On AGPL-3.0-or-later: whether weights are a derived work of the pictures they saw is not settled; we do not claim the
easier answer and offer files that saw pictures under AGPL-3.0 under the terms of the GNU Affero General Public License,
version 3 or, at your option, any later version. Its text is published by the Free Software Foundation with the other
GNU licences, and the SPDX licence list has it under the identifier above. The corresponding source is the folder
training/ and the package alpr_edge/simulation/plates of this repository, with the public pictures named above.
"""
CLEAN = """
On Apache-2.0: a file trained with `train --licence clean` sees rendered plates and pictures under MIT or CC BY, from
random weights on or from another such file; it is under the licence of this repository (the file LICENSE at its root).
"""
NO_CLEAN = """
A file trained with `train --licence clean` would see rendered plates and pictures under MIT or CC BY and be offered
under Apache-2.0. None is here at present.
"""
BOTTOM = """
Everything else here (training/, reader.yaml, manifest.toml, README.md): Apache-2.0, the file LICENSE at the root of
this repository.

Fonts used to render training plates are under free licences and are not part of the weights.
"""


def licence_text(manifest: Manifest) -> str:
    """The whole file."""
    entries = [entry for _, role_entries in sorted(manifest.items()) for _, entry in sorted(role_entries.items())]
    parts = []
    for entry in entries:
        saw = "".join(f"    {row['name']} ({row['commit']}): {row['licence']}\n" for row in entry["trained_on"])
        files = " and ".join(table["file"] for table in (entry, entry.get("int8")) if table)
        parts.append(f"\n{files}: {entry['licence']}, saw\n{saw}")
    is_clean = any(entry["licence"] == LICENCES["clean"] for entry in entries)
    return TOP + "".join(parts) + COPYLEFT + (CLEAN if is_clean else NO_CLEAN) + BOTTOM
