"""deploy/*.env.example are made from the binary's own --help. A stale one is written anew, and the test fails once."""

import re

import pytest
from conftest import DEPLOY, SERVICES, run


@pytest.mark.parametrize("command", SERVICES)
def test_the_example_is_what_help_says(binary, command):
    file = DEPLOY / f"{command}.env.example"
    fresh = example(command, run(binary, command, "--help", env={}))
    stale = not file.exists() or file.read_text() != fresh
    file.write_text(fresh)
    assert not stale, f"{file.name} was stale and has been written anew; commit it"


def example(command, help_text):
    settings = [one for block in re.split(r"^ +(?:-\w, |)--", help_text, flags=re.MULTILINE) if (one := setting(block))]
    assert len(settings) > 5
    head = f"# The settings of `recipe-chat {command}` and their defaults, as `recipe-chat {command} --help` tells them.\n"
    return head + "".join(settings)


def setting(block):
    """One flag: what it is for, and its variable with the default, not set."""
    name = re.search(r"\[env: (\w+)", block)
    if not name:
        return None
    words = " ".join(re.split(r"\[|Possible values:", block.split("\n", 1)[1])[0].split())
    default = re.search(r"\[default: (.*?)\]", block)
    value = default[1] if default and default[1] != "nowhere" else ""
    return f"\n# {words}\n#{name[1]}={value}\n"
