"""What the product is made of: allowed licences and sources, nothing banned, and a bill of materials."""

import json
import re
import sys

import pytest
from conftest import DEPLOY, ROOT, run, tool
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

def test_licences_sources_and_banned_crates():
    run(tool("cargo-deny"), "--locked", "check", "bans", "licenses", "sources", cwd=ROOT)


@pytest.fixture(scope="module")
def bill():
    text = run(sys.executable, DEPLOY / "sbom")
    errors = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    assert errors is None, errors
    return json.loads(text)


def test_the_bill_of_materials_names_what_is_linked_and_nothing_that_only_tests(bill):
    assert bill["metadata"]["component"]["name"] == "recipe-chat"
    names = {component["name"] for component in bill["components"]}
    assert {"tonic", "axum", "jsonwebtoken", "redis", "react", "react-dom"} <= names
    assert not {"proptest", "tempfile", "vitest", "system-tests"} & names
    assert not {"serde_yaml", "unsafe-libyaml"} & names
    licensed = [component for component in bill["components"] if component.get("licenses")]
    assert len(licensed) == len(bill["components"]), "every part has a licence"


def test_everything_in_the_lock_files_has_a_hash():
    crates = re.findall(r"\[\[package]]\n(.*?)(?=\n\n|\Z)", (ROOT / "Cargo.lock").read_text(), re.DOTALL)
    assert all("checksum" in crate for crate in crates if "source =" in crate)
    packages = json.loads((ROOT / "frontend_app/package-lock.json").read_text())["packages"]
    assert all(package.get("integrity") for path, package in packages.items() if path.startswith("node_modules/") and not package.get("link"))


def test_the_page_about_security_names_tests_that_exist():
    page = (ROOT / "docs/security.md").read_text()
    rows = re.findall(r"^\| (S\d+) .*\| (.*) \|$", page, re.MULTILINE)
    assert len(rows) == len({row for row, _ in rows}) >= 40
    code = run("git", "-C", ROOT, "grep", "-hE", r"(fn|def) [a-z_0-9]+\(", "--", "*.rs", "*.py")
    known = set(re.findall(r"(?:fn|def) (\w+)\(", code))
    for row, tests in rows:
        named = re.findall(r"`(\w+)`", tests)
        in_browser = re.findall(r"`([\w.-]+\.spec\.ts)::([^`]+)`", tests)
        assert named or in_browser, row
        assert set(named) <= known, (row, set(named) - known)
        for file, title in in_browser:
            assert f"'{title}'" in (ROOT / "tests/browser" / file).read_text(), (row, title)
