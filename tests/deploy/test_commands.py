"""The commands that pages show: what cannot be run here (builds, clusters, hours of load) at least names what exists."""

import json
import re
import shlex

import pytest
from conftest import ROOT, run

# Where a word with a slash is a path of the repository.
ROOTS = ("deploy/", "docs/", "frontend_app/", "proto/", "services/", "tests/")


def commands():
    """Every command in a block of shell, with its page; comments and the lines of a heredoc are none."""
    for page in run("git", "-C", ROOT, "ls-files", "*.md").splitlines():
        if not (ROOT / page).is_file():
            continue
        for block in re.findall(r"```sh\n(.*?)```", (ROOT / page).read_text(), re.DOTALL):
            for line in re.sub(r"\\\n *", "", block).splitlines():
                words = shlex.split(line, comments=True) if line.count("'") % 2 == 0 and not line.startswith("{") else []
                while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
                    words.pop(0)
                if words:
                    yield page, words


SHOWN = list(commands())


def flags_of(binary, command):
    return set(re.findall(r"--[a-z][a-z-]+", run(binary, *command, "--help")))


def test_commands_name_files_that_exist():
    lost = []
    for page, words in SHOWN:
        # What a command makes is not there before.
        made = {word for word in words if "client/dist" in word or word.startswith("docs/examples/other-origin/client")}
        paths = [word for word in words if word.startswith(ROOTS) and not re.search(r"[*$…=]", word) and word not in made]
        lost += [f"{page}: {path}" for path in paths if not (ROOT / path).exists()]
    assert len(SHOWN) > 60 and lost == []


def test_commands_of_npm_name_scripts_that_exist():
    lost, seen = [], 0
    for page, words in SHOWN:
        if words[0] != "npm" or "run" not in words:
            continue
        folder = words[words.index("--prefix") + 1] if "--prefix" in words else "frontend_app"
        scripts = json.loads((ROOT / folder / "package.json").read_text())["scripts"]
        seen += 1
        lost += [f"{page}: {word}" for word in words[words.index("run") + 1 :][:1] if word not in scripts]
    assert seen > 0 and lost == []


def test_commands_of_cargo_name_packages_that_exist():
    manifests = run("git", "-C", ROOT, "ls-files", "*Cargo.toml").splitlines()
    known = {name for path in manifests for name in re.findall(r'^name = "([^"]+)"', (ROOT / path).read_text(), re.M)}
    named = [(page, after) for page, words in SHOWN for word, after in zip(words, words[1:]) if word == "-p" and words[0] == "cargo"]
    assert len(named) > 3 and [one for one in named if one[1] not in known] == []


def test_commands_of_tests_run_name_its_parts():
    parts = set(re.search(r"^ALL=\((.*)\)$", (ROOT / "tests/run").read_text(), re.M)[1].split())
    parts |= set(re.search(r"^ALONE=\((.*)\)$", (ROOT / "tests/run").read_text(), re.M)[1].split())
    named = [(page, word) for page, words in SHOWN if words[0] == "tests/run" for word in words[1:]]
    assert named and [one for one in named if one[1] not in parts and one[1] != "--help"] == []


@pytest.fixture(scope="module")
def subcommands(binary):
    return set(re.findall(r"^  ([a-z-]+)  ", run(binary, "--help"), re.M))


def test_commands_of_recipe_chat_name_flags_that_exist(binary, subcommands):
    lost, seen = [], 0
    for page, words in SHOWN:
        if words[0] == "cargo" and "--" in words and "-p" not in words:
            words = words[words.index("--") :]
        elif words[0] != "recipe-chat":
            continue
        seen += 1
        own = words[1:]
        nested = [own[0], own[1]] if len(own) > 1 and own[0] in ("sessions", "users", "keys") else own[:1]
        if own[0] not in subcommands:
            lost.append(f"{page}: {own[0]}")
            continue
        known = flags_of(binary, nested)
        lost += [f"{page}: {' '.join(nested)} {word}" for word in own if word.startswith("--") and word.split("=")[0] not in known]
    assert seen > 8 and lost == []
