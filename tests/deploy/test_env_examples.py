"""deploy/*.env.example are made from the binary's own --help. A stale one is written anew, and the test fails once. They
work when every line of them is uncommented."""

import os
import re
import subprocess

import pytest
from conftest import DEPLOY, SERVICES, run
from stack import STEP_TIMEOUT

# Read by OpenTelemetry's library, with its own defaults.
OF_OPENTELEMETRY = """
# Which traces are sent, where any are; with parentbased_traceidratio the share that OTEL_TRACES_SAMPLER_ARG says
#OTEL_TRACES_SAMPLER=parentbased_always_on
#OTEL_TRACES_SAMPLER_ARG=1.0
"""


@pytest.mark.parametrize("command", SERVICES)
def test_the_example_is_what_help_says(binary, command):
    file = DEPLOY / f"{command}.env.example"
    fresh = example(command, run(binary, command, "--help", env={}))
    stale = not file.exists() or file.read_text() != fresh
    file.write_text(fresh)
    assert not stale, f"{file.name} was stale and has been written anew; commit it"


@pytest.mark.parametrize("command", SERVICES)
def test_every_line_may_be_uncommented(binary, command, tmp_path):
    text = (DEPLOY / f"{command}.env.example").read_text()
    settings = dict(re.findall(r"^#([A-Z_]+)=(.*)$", text, re.MULTILINE))
    assert len(settings) > 10
    # Its ports may be in use here.
    command = [binary, command, "--listen", "127.0.0.1:0"]
    options = {"env": settings | {"PATH": os.environ["PATH"]}, "cwd": tmp_path, "text": True}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options) as process:
        line = process.stdout.readline()
        process.terminate()
        said = process.communicate(timeout=STEP_TIMEOUT)[1]
    assert "listening on" in line, said
    assert process.returncode == 0, said


def test_every_secret_may_come_from_a_file(known_environment):
    for command in SERVICES:
        text = (DEPLOY / f"{command}.env.example").read_text()
        for name in known_environment[command]:
            assert not name.endswith("_FILE") or f"\n#{name}=" in text, (command, name)


def example(command, help_text):
    settings = [one for block in re.split(r"^ +(?:-\w, |)--", help_text, flags=re.MULTILINE) if (one := setting(block))]
    assert len(settings) > 5
    head = f"# The settings of `recipe-chat {command}` and their defaults, as `recipe-chat {command} --help` tells them.\n"
    return head + "".join(settings) + OF_OPENTELEMETRY


def setting(block):
    """One flag: what it is for, and its variable with the default, not set."""
    name = re.search(r"\[env: (\w+)(=?)", block)
    if not name:
        return None
    words = " ".join(re.split(r"\[|Possible values:", block.split("\n", 1)[1])[0].split())
    words = re.sub(rf"; {name[1]}_FILE names a file that holds it$", "", words)
    default = re.search(r"\[default: (.*?)\]", block)
    # Some are told in words.
    value = default[1] if default and " " not in default[1] and default[1] != "nowhere" else ""
    told = f"\n# {words}\n#{name[1]}={value}\n"
    # One that may hold a secret, whose value is not shown.
    return told if name[2] else told + f"# or a file that holds it\n#{name[1]}_FILE=\n"
