"""What the checks of the deployment share: the repository, the tools beside this Python, the binary and what its
--help knows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
SERVICES = ("edge", "auth", "chat")


def run(*command, **options):
    """Runs a program; what it said is in the failure when it fails."""
    ended = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    assert ended.returncode == 0, f"{command[0]}: {ended.stdout}{ended.stderr}"
    return ended.stdout


def tool(name):
    """A program that pip put beside this Python."""
    return Path(sys.prefix) / "bin" / name


def documents(text):
    return [document for document in yaml.safe_load_all(text) if document]


@pytest.fixture(scope="session")
def binary():
    return Path(os.environ["RECIPE_CHAT_BIN"])


@pytest.fixture(scope="session")
def known_environment(binary):
    """For each command, the environment variables that it reads; secrets, whose values it does not show, also from
    files."""
    known = {}
    for command in (*SERVICES, "up", "health", "sessions"):
        text = run(binary, command, "--help")
        secrets = re.findall(r"\[env: (\w+)\]", text)
        known[command] = set(re.findall(r"\[env: (\w+)", text)) | {f"{name}_FILE" for name in secrets}
    return known


@pytest.fixture(scope="session")
def is_known(known_environment):
    """Whether a command reads a variable. Those of OpenTelemetry are read by its library."""

    def is_known(command, name):
        commands = (command, "health")
        return name.startswith("OTEL_") or any(name in known_environment[c] for c in commands)

    return is_known
