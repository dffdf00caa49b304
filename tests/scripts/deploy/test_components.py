"""A bundle's list of components has all that is in it, by the published schema, and is the same each time."""

import hashlib
import json
import re
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from cyclonedx.model.bom import Bom

from scripts.deploy.bundle.components import COMPONENTS, write_components
from scripts.deploy.bundle.contents import About, write_manifest
from scripts.deploy.provision.machine import ProvisioningError
from scripts.vendored_files import VENDORED_PACKAGES

ROOT = Path(__file__).parents[3]
ABOUT = About("0.2.0", "ab" * 20, ["x86_64", "aarch64"], ["3.13"])
OWN = "Requires-Dist: Some.Thing>=1\nRequires-Dist: absent; extra == 'gpio'\nLicense-Expression: Apache-2.0\n"


def put_wheel(bundle: Path, name: str, version: str, tag: str, fields: str = "") -> Path:
    """A wheel that has a description and nothing else."""
    path = bundle / "wheels" / f"{name.replace('-', '_').replace('.', '_')}-{version}-py3-none-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        metadata = f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n{fields}\nA description: of it.\n"
        archive.writestr(zipfile.ZipInfo(f"{name}-{version}.dist-info/METADATA"), metadata)
        archive.writestr(zipfile.ZipInfo(f"{name}/_vendor/inner-1.dist-info/METADATA"), "Name: inner\nVersion: 1\n")
    return path


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    (folder / "wheels").mkdir(parents=True)
    (folder / "debs").mkdir()
    put_wheel(folder, "alpr-edge", "0.2.0", "any", OWN)
    put_wheel(folder, "Some.Thing", "1.5", "manylinux_2_36_x86_64", "License: BSD\n")
    put_wheel(folder, "Some.Thing", "1.5", "manylinux_2_36_aarch64", "License: BSD\n")
    put_wheel(folder, "other", "2", "any", "Classifier: License :: OSI Approved :: MIT License\n")
    (folder / "debs" / "libcamera0.4_0.4.0+rpt1-1_arm64.deb").write_bytes(b"deb")
    return folder


def list_of(bundle: Path) -> dict[str, Any]:
    write_components(ROOT, bundle, ABOUT)
    content: dict[str, Any] = json.loads((bundle / COMPONENTS).read_text(encoding="utf-8"))
    return content


def parts_of(component: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for part in component.get("components", []):
        yield part
        yield from parts_of(part)


def schema_of(name: str) -> dict[str, Any]:
    """A schema as CycloneDX publishes it, out of the library of that project."""
    text = (files("cyclonedx.schema") / "_res" / f"{name}.SNAPSHOT.schema.json").read_text(encoding="utf-8")
    content: dict[str, Any] = json.loads(text)
    return content


def test_the_list_is_one_by_the_published_schema_and_its_library_reads_it(bundle: Path) -> None:
    schema = schema_of("bom-1.6")
    others = [
        (f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json", schema_of(name)) for name in ("spdx", "jsf-0.82")
    ]
    registry = jsonschema_rs.Registry(others)
    validator = jsonschema_rs.Draft7Validator(schema, registry=registry, validate_formats=True)
    content = list_of(bundle)
    assert [str(error) for error in validator.iter_errors(content)] == []
    assert list(validator.iter_errors(content | {"specVersion": 16})) != []
    bom = Bom.from_json(content)  # type: ignore[attr-defined] # its decorator adds it
    assert bom.validate()
    assert {str(each.purl) for each in bom.components if each.purl} >= {
        "pkg:pypi/some-thing@1.5",
        "pkg:npm/leaflet@1.9.4",
    }


def test_every_file_of_a_package_stands_in_it_with_its_digest(bundle: Path) -> None:
    content = list_of(bundle)
    parts = [*parts_of(content), *parts_of(content["metadata"]["component"])]
    digests = {part["name"]: part["hashes"][0]["content"] for part in parts if part["type"] == "file"}
    inside = [*bundle.glob("wheels/*"), *bundle.glob("debs/*")]
    assert {name.split("/")[-1] for name in digests} >= {path.name for path in inside}
    for path in inside:
        name = path.name if path.suffix == ".whl" else f"debs/{path.name}"
        assert digests[name] == hashlib.sha256(path.read_bytes()).hexdigest(), name
    refs = [part["bom-ref"] for part in parts]
    assert len(set(refs)) == len(refs)


def test_the_list_says_licences_and_what_needs_what(bundle: Path) -> None:
    content = list_of(bundle)
    by_ref = {part["bom-ref"]: part for part in content["components"]}
    assert content["metadata"]["component"]["licenses"] == [{"expression": "Apache-2.0"}]
    assert by_ref["pkg:pypi/some-thing@1.5"]["licenses"] == [{"license": {"name": "BSD"}}]
    assert by_ref["pkg:pypi/other@2"]["licenses"] == [{"license": {"name": "MIT License"}}]
    assert by_ref["pkg:deb/debian/libcamera0.4@0.4.0%2Brpt1-1?arch=arm64"]["version"] == "0.4.0+rpt1-1"
    needs = {each["ref"]: each["dependsOn"] for each in content["dependencies"]}
    assert "pkg:pypi/some-thing@1.5" in needs["pkg:pypi/alpr-edge@0.2.0"]
    assert "pkg:npm/leaflet@1.9.4" in needs["pkg:pypi/alpr-edge@0.2.0"]
    assert needs["pkg:pypi/other@2"] == []


def test_every_model_is_listed_with_its_digest_and_terms(bundle: Path) -> None:
    parts = {part["bom-ref"]: part for part in list_of(bundle)["components"]}
    models = {path.name for path in (ROOT / "models").glob("*.onnx")}
    assert {ref.removeprefix("models/") for ref in parts if ref.startswith("models/")} == models
    for name in models:
        part = parts[f"models/{name}"]
        assert part["hashes"][0]["content"] == hashlib.sha256((ROOT / "models" / name).read_bytes()).hexdigest()
        assert part["licenses"] == [{"expression": "AGPL-3.0-or-later"}]
    manifest = tomllib.loads((ROOT / "models" / "manifest.toml").read_text(encoding="utf-8"))
    names = {f"{kind}.{name}" for kind, entries in manifest.items() for name in entries}
    assert {part["name"] for ref, part in parts.items() if ref.startswith("models/")} >= names


def test_the_same_bundle_has_the_same_list_and_the_manifest_names_it(bundle: Path) -> None:
    list_of(bundle)
    first = (bundle / COMPONENTS).read_bytes()
    list_of(bundle)
    assert (bundle / COMPONENTS).read_bytes() == first
    assert COMPONENTS in write_manifest(bundle)
    put_wheel(bundle, "more", "1", "any")
    assert list_of(bundle)["serialNumber"] not in first.decode()


def test_what_cannot_be_listed_is_refused(bundle: Path) -> None:
    odd = bundle / "debs" / "odd.deb"
    odd.write_bytes(b"deb")
    with pytest.raises(ProvisioningError, match=r"odd.deb: a Debian package is named"):
        write_components(ROOT, bundle, ABOUT)
    odd.unlink()
    second = put_wheel(bundle, "other", "3", "any")
    with pytest.raises(ProvisioningError, match="another version of other lies beside it"):
        write_components(ROOT, bundle, ABOUT)
    second.write_bytes(b"no wheel")
    with pytest.raises(ProvisioningError, match="no wheel with one METADATA"):
        write_components(ROOT, bundle, ABOUT)
    second.unlink()
    next(bundle.glob("wheels/alpr_edge*")).unlink()
    with pytest.raises(ProvisioningError, match="the product's own wheel is missing"):
        write_components(ROOT, bundle, ABOUT)


def test_every_file_of_others_is_listed_as_its_licence_describes_it() -> None:
    named = {(package.folder / name).as_posix(): package for package in VENDORED_PACKAGES for name in package.files}
    folders = [path for path in (ROOT / "alpr_edge").rglob("vendor") if path.is_dir()]
    there = [path for folder in folders for path in folder.iterdir() if path.suffix != ".LICENSE"]
    assert {path.relative_to(ROOT).as_posix() for path in there} == set(named)
    for path, package in named.items():
        texts = [each.read_text(encoding="utf-8") for each in (ROOT / package.folder).glob("*.LICENSE")]
        (text,) = (each for each in texts if Path(path).name in each.split("\n\n")[0].split())
        words = re.sub(r"\s+", " ", text)
        assert f"{package.name} {package.version}" in words, path
        assert hashlib.sha256((ROOT / path).read_bytes()).hexdigest() in words, path
        assert all(part in words for part in package.parts), path
