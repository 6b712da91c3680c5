"""The Dockerfile: sound, pinned, and with the settings that the binary has."""

import re
import tomllib

from conftest import DEPLOY, ROOT, run, tool

DOCKERFILE = (DEPLOY / "Dockerfile").read_text()


def test_hadolint_finds_nothing():
    run(tool("hadolint"), DEPLOY / "Dockerfile")


def test_no_frontend_is_pulled():
    assert not re.search(r"^#\s*syntax", DOCKERFILE, re.MULTILINE)


def test_every_base_names_its_version():
    versions = dict(re.findall(r"^ARG (\w+)=(.+)$", DOCKERFILE, re.MULTILINE))
    bases = re.findall(r"^FROM (\S+:\S+)", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 3
    for base in bases:
        version = re.sub(r"\$\{(\w+)\}", lambda name: versions[name[1]], base).split(":")[1]
        assert version != "latest" and re.search(r"\d|bookworm", version), base


def test_rust_is_what_the_workspace_needs():
    needed = re.search(r'rust-version = "([\d.]+)"', (ROOT / "Cargo.toml").read_text())[1]
    assert f"ARG RUST={needed}-" in DOCKERFILE


def test_every_crate_of_the_workspace_gets_into_the_build():
    members = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["members"]
    let_in = re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert [member for member in members if member.removesuffix("/*") not in let_in] == []


def test_it_runs_without_rights_and_tells_its_health():
    runtime = DOCKERFILE.split(" AS runtime")[1]
    assert "USER 10001:10001" in runtime
    assert 'HEALTHCHECK' in runtime and 'CMD ["recipe-chat", "health"]' in runtime


def test_it_starts_the_binary_itself():
    assert 'ENTRYPOINT ["recipe-chat"]' in DOCKERFILE


def test_the_operators_port_is_for_the_container_itself():
    """Where others reach it, it wants a token, which no image has."""
    assert "EDGE_ADMIN_LISTEN=127.0.0.1:9465 " in DOCKERFILE
    exposed = re.search(r"^EXPOSE (.*)$", DOCKERFILE, re.MULTILINE)[1].split()
    assert "9465" not in exposed


def test_its_settings_exist(is_known):
    names = re.findall(r"^(?:ENV|   ) ?(\w+)=", DOCKERFILE.split(" AS runtime")[1], re.MULTILINE)
    assert "EDGE_LISTEN" in names
    for name in names:
        assert any(is_known(command, name) for command in ("auth", "chat", "edge", "up")), name
