"""The list of what a bundle holds, in CycloneDX 1.6 (JSON): packages, models, files of others, Debian packages.

It is a file of the bundle, so the manifest has its digest and the signature vouches for it. It has no date, and its
number comes from its content: the same bundle has the same list.
"""

import email.parser
import hashlib
import json
import re
import tomllib
import uuid
import zipfile
from collections.abc import Iterator, Mapping
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import quote

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from scripts.deploy.bundle.contents import About
from scripts.deploy.provision.machine import ProvisioningError
from scripts.vendored_files import VENDORED_PACKAGES, VendoredPackage

COMPONENTS = "alpr-edge.cdx.json"
OWN = "alpr-edge"
SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
METADATA_BYTES_MAX = 4_000_000
LICENCE_CHARACTERS_MAX = 100
"""A longer text is the licence itself, and stands in the wheel."""
_DESCRIPTION = re.compile(r"[^/]+\.dist-info/METADATA")
_DEB = re.compile(r"([a-z0-9][a-z0-9.+-]+)_([A-Za-z0-9.+~-]+)_([a-z0-9-]+)\.deb")

Json = dict[str, Any]


def write_components(source: Path, bundle: Path, about: About) -> None:
    """Write the list of a bundle's components into it.

    Args:
        source: the checkout, which has the models and the files of others.
        bundle: the folder, with everything in it but the manifest.
        about: what the bundle says of itself.

    Raises:
        ProvisioningError: a wheel or a file of others is missing or cannot be read.
    """
    packages = _packages(bundle / "wheels")
    own = packages.pop(OWN, None)
    if own is None:
        raise ProvisioningError(f"{bundle / 'wheels'}: the product's own wheel is missing")
    product, _ = own
    product["type"] = "application"
    parts = [
        *(component for component, _ in packages.values()),
        *(_vendored_component(source, package) for package in VENDORED_PACKAGES),
        *_models(source / "models", about.version),
        *_debian_packages(bundle / "debs"),
    ]
    content: Json = {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": product,
            "properties": [{"name": "alpr-edge:commit", "value": about.commit}],
        },
        "components": parts,
        "dependencies": list(_dependencies({OWN: own, **packages}, parts)),
    }
    number = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(content, sort_keys=True))
    text = json.dumps({**content, "serialNumber": number.urn}, indent=1, ensure_ascii=False)
    (bundle / COMPONENTS).write_text(f"{text}\n", encoding="utf-8")


def _packages(folder: Path) -> dict[str, tuple[Json, list[str]]]:
    """Each Python package by its name, with the names that it asks for; its wheels are files within it."""
    found: dict[str, tuple[Json, list[str]]] = {}
    for wheel in sorted(folder.glob("*.whl")):
        metadata = _metadata(wheel)
        name, version = canonicalize_name(metadata["Name"]), metadata["Version"]
        if name not in found:
            place = f"pkg:pypi/{name}@{quote(version)}"
            component = _component("library", place, name, version, _licences(metadata)) | {"components": []}
            found[name] = component, _required_names(metadata)
        elif found[name][0]["version"] != version:
            raise ProvisioningError(f"{wheel}: another version of {name} lies beside it")
        found[name][0]["components"].append(_file(wheel, wheel.name))
    return found


def _metadata(wheel: Path) -> Message:
    try:
        with zipfile.ZipFile(wheel) as archive:
            # Within a package others may lie with a description of their own.
            (member,) = (each for each in archive.infolist() if _DESCRIPTION.fullmatch(each.filename))
            content = archive.read(member) if member.file_size <= METADATA_BYTES_MAX else b""
    except (ValueError, zipfile.BadZipFile):
        raise ProvisioningError(f"{wheel}: no wheel with one METADATA") from None
    metadata = email.parser.BytesParser().parsebytes(content)
    if not metadata["Name"] or not metadata["Version"]:
        raise ProvisioningError(
            f"{wheel}: its METADATA has no name or version, or more than {METADATA_BYTES_MAX} bytes"
        )
    return metadata


def _licences(metadata: Message) -> list[Json]:
    """The licence as a wheel states it: an expression of SPDX, else names; empty where it states none."""
    if expression := metadata["License-Expression"]:
        return [{"expression": expression}]
    classifiers = [each.split(" :: ") for each in metadata.get_all("Classifier", [])]
    names = [each[-1] for each in classifiers if each[0] == "License" and len(each) > 2]
    text = " ".join(str(metadata["License"] or "").split())
    if not names and 0 < len(text) <= LICENCE_CHARACTERS_MAX:
        names = [text]
    return [{"license": {"name": name}} for name in names]


def _required_names(metadata: Message) -> list[str]:
    """The packages that a wheel asks for; whether a machine needs each of them is not judged."""
    names = set()
    for line in metadata.get_all("Requires-Dist", []):
        try:
            names.add(str(canonicalize_name(Requirement(line).name)))
        except InvalidRequirement:
            raise ProvisioningError(f"{metadata['Name']}: asks for {line[:80]!r}, which is no requirement") from None
    return sorted(names)


def _dependencies(packages: Mapping[str, tuple[Json, list[str]]], parts: list[Json]) -> Iterator[Json]:
    """Which component needs which: packages by what they ask for, the product all that is no package as well."""
    others = [part["bom-ref"] for part in parts if not part["bom-ref"].startswith("pkg:pypi/")]
    for name, (component, required) in packages.items():
        needs = [packages[each][0]["bom-ref"] for each in required if each in packages and each != name]
        yield {"ref": component["bom-ref"], "dependsOn": sorted({*needs, *(others if name == OWN else [])})}


def _vendored_component(source: Path, package: VendoredPackage) -> Json:
    place = f"pkg:npm/{package.name.replace('@', '%40')}@{package.version}"
    component = _component("library", place, package.name, package.version, [{"expression": package.licence}])
    files = [_file(source / package.folder / name, (package.folder / name).as_posix()) for name in package.files]
    inner: list[Json] = [{"type": "library", "bom-ref": f"{place}#{name}", "name": name} for name in package.parts]
    return component | {"components": [*files, *inner]}


def _models(folder: Path, version: str) -> Iterator[Json]:
    """Each file of weights, with the digest and the terms that the manifest of the models states."""
    try:
        manifest = tomllib.loads((folder / "manifest.toml").read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ProvisioningError(f"{folder / 'manifest.toml'}: cannot be read: {error}") from None
    for kind, entries in manifest.items():
        for name, entry in entries.items():
            for variant, values in ((name, entry), (f"{name}-int8", entry.get("int8"))):
                if values is not None:
                    place = f"models/{values['file']}"
                    licence: list[Json] = [{"expression": entry["licence"]}]
                    component = _component("machine-learning-model", place, f"{kind}.{variant}", version, licence)
                    del component["purl"]
                    yield component | {"hashes": [{"alg": "SHA-256", "content": values["sha256"]}]}


def _debian_packages(folder: Path) -> Iterator[Json]:
    for path in sorted(folder.glob("*.deb")):
        match = _DEB.fullmatch(path.name)
        if match is None:
            raise ProvisioningError(f"{path}: a Debian package is named NAME_VERSION_ARCHITECTURE.deb")
        name, version, architecture = match.groups()
        place = f"pkg:deb/debian/{name}@{quote(version)}?arch={architecture}"
        yield _component("library", place, name, version, []) | {"components": [_file(path, f"debs/{path.name}")]}


def _component(kind: str, place: str, name: str, version: str, licences: list[Json]) -> Json:
    component: Json = {"type": kind, "bom-ref": place, "name": name, "version": version, "purl": place}
    return component | ({"licenses": licences} if licences else {})


def _file(path: Path, name: str) -> Json:
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ProvisioningError(f"{path}: cannot be read: {error.strerror}") from None
    return {"type": "file", "bom-ref": name, "name": name, "hashes": [{"alg": "SHA-256", "content": digest}]}
