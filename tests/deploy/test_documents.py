"""The documents for people: what they name exists, and their lines fit."""

import contextlib
import json
import re
import shlex

import pytest
import yaml
from conftest import ROOT, run
from stack import Stack, free_port, get, until

WIDTH = 120
# Where a test over a socket may stand; every other test is one where the rule is decided.
OVER_SOCKETS = ("tests/system/", "services/edge/tests/", "services/chat/tests/")


def squeezed(text):
    return re.sub(r"\s+", " ", text)


def published():
    """Everything that the contract says, without the signs of comments and JSON."""
    texts = [(ROOT / "proto/websocket/README.md").read_text(), (ROOT / "proto/README.md").read_text()]
    texts += [json.dumps(json.loads((ROOT / "proto/http/openapi.json").read_text()), ensure_ascii=False)]
    for path in sorted((ROOT / "proto/recipechat").rglob("*.proto")):
        texts.append(re.sub(r"^\s*//", "", path.read_text(), flags=re.MULTILINE))
    return squeezed(" ".join(texts))


def rust_functions():
    """For each function in Rust the files that it stands in."""
    found = {}
    for path in run("git", "-C", ROOT, "ls-files", "*.rs").splitlines():
        if not (ROOT / path).is_file():
            continue
        for name in re.findall(r"fn (\w+)\(", (ROOT / path).read_text()):
            found.setdefault(name, []).append(path)
    return found


def is_test(path, name):
    """Whether a function is a test, by its own attribute or by the macro that it stands in."""
    text = (ROOT / path).read_text()
    before = text[: text.index(f"fn {name}(")]
    near = before[before.rfind("}\n") + 1 :]
    return re.search(r"#\[(tokio::)?test", near) is not None or re.search(r"^ *\w+! \{$", before, re.MULTILINE) is not None


def rows(heading):
    page = (ROOT / "CONTRIBUTING.md").read_text()
    section = page.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


@pytest.fixture(scope="module")
def contract():
    return rows("From the contract to its tests")


def test_the_contract_is_quoted_word_for_word(contract):
    assert len(contract) >= 30
    said = published()
    assert [sentence for sentence, *_ in contract if squeezed(sentence) not in said] == []


def test_the_files_of_rules_exist(contract):
    files = [path for _, rule, *_ in contract for path in re.findall(r"`([^`]+)`", rule)]
    assert len(files) == len(contract)
    assert [path for path in files if not (ROOT / path).is_file()] == []


def test_every_rule_has_a_test_where_it_is_decided_and_one_over_a_socket(contract):
    known = rust_functions()
    for sentence, _, unit, wire in contract:
        units, wires = re.findall(r"`(\w+)`", unit), re.findall(r"`(\w+)`", wire)
        assert units and wires and not set(units) & set(wires), sentence
        for name in units + wires:
            assert any(is_test(path, name) for path in known.get(name, [])), (sentence, name)
        for name in wires:
            assert any(path.startswith(OVER_SOCKETS) for path in known[name]), (sentence, name)
        for name in units:
            assert any(path.startswith(("services/", "proto/")) for path in known[name]), (sentence, name)


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_the_paths_that_a_page_names_exist(page):
    text = (ROOT / page).read_text()
    roots = ("services", "proto", "docs", "tests", "deploy", "frontend_app")
    named = {path for path in re.findall(r"`([\w./-]+)`", text) if path.split("/")[0] in roots and "/" in path}
    named |= {link.split("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link} - {""}
    assert len(named) > 10
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_the_table_of_redis_has_every_key_that_code_uses_and_no_other():
    page = (ROOT / "ARCHITECTURE.md").read_text().split("\n## Keys in Redis\n")[1].split("\n## ")[0]
    named = {re.sub(r"\{?[A-Z]+\}?", "*", key) for key in re.findall(r"^\| `([^`]+)`", page, re.MULTILINE)}
    used = set()
    for path in run("git", "-C", ROOT, "ls-files", "services/*/src/*.rs").splitlines():
        if (ROOT / path).is_file() and not re.search(r"/(tests|simulation|fuzzing|check)\b", path):
            code = (ROOT / path).read_text().split("\nmod tests {")[0]
            used |= set(re.findall(r'"(\{?rc:[^"\s]*)"', code))
    used = {re.sub(r"(?<!^)\{+[^}]*\}+", "*", key) for key in used if "self-test" not in key}
    assert {key + "*" if key.endswith(":") else key for key in used} == named


def test_lines_fit():
    pages = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"]
    pages += run("git", "-C", ROOT, "ls-files", "docs/decisions/*.md").splitlines()
    for page in pages:
        code = False
        for number, line in enumerate((ROOT / page).read_text().splitlines(), 1):
            code ^= line.startswith("```")
            # Tables, pictures and commands have no line breaks; nor has one long link.
            whole = code or line.startswith(("|", "<", "```")) or " " not in line.strip()
            assert whole or len(line) <= WIDTH, f"{page}:{number} has {len(line)} characters"


def test_whoever_is_paged_finds_every_alert_first():
    page = (ROOT / "docs/operations.md").read_text()
    first = page.split("\n## ")[1]
    assert first.startswith("It pages: do this\n")
    pages, tickets = first.split("The others are tickets")
    groups = yaml.safe_load((ROOT / "deploy/observability/alerts.yaml").read_text())["groups"]
    for rule in (rule for group in groups for rule in group["rules"] if "alert" in rule):
        table = pages if rule["labels"]["severity"] == "page" else tickets
        name = rule["alert"]
        assert f"| [`{name}`](alerts.md#{name.lower()}) |" in table, name


def test_the_readmes_services_run_as_printed(binary, tmp_path):
    """But for the ports, which may be in use here."""
    section = (ROOT / "README.md").read_text().split("\n## Run it apart\n")[1]
    commands = re.search(r"```sh\n(.*?)```", section, re.DOTALL)[1]
    ports = {port: str(free_port()) for port in set(re.findall(r":(\d{4,5})\b", commands))}
    moved = re.sub(r":(\d{4,5})\b", lambda found: ":" + ports[found[1]], commands)
    stack = Stack(binary, tmp_path)
    # Ends what it started; it starts nothing of its own.
    with contextlib.ExitStack() as ending:
        ending.push(stack.__exit__)
        stack.start("redis-server", "--port", ports["6379"], "--save", "", "--dir", tmp_path)
        for line in moved.strip().splitlines():
            program, *words = shlex.split(line)
            assert program == "recipe-chat"
            stack.start(binary, *words, cwd=tmp_path)
        for port in re.findall(r"recipe-chat edge --listen \S+:(\d+)", moved):
            told = until("an edge", lambda port=port: ready(port))
            assert json.loads(told)["redis"]


def ready(port):
    with contextlib.suppress(OSError):
        told = get(f"http://127.0.0.1:{port}/readyz")
        return told if json.loads(told).get("redis") else None


def test_the_table_of_capacity_is_what_the_program_reckons_from_the_figures_on_the_page():
    page = (ROOT / "docs/capacity.md").read_text()
    assert run(ROOT / "deploy/capacity") in page
    program = (ROOT / "deploy/capacity").read_text()
    measured = re.search(r"^PLAIN_MESSAGE, .* = (.*)$", program, re.MULTILINE)[1].split(", ")
    for size in measured:
        # Bytes of one are kilobytes of a thousand.
        assert f"| {int(size):,} kB" in page, size
    for name, told in {"REDIS_SESSION": "reckoned as (\\d+)\\b", "CONNECTION": "\\| (\\d+) KiB of"}.items():
        value = eval(re.search(rf"^{name} = (.*)$", program, re.MULTILINE)[1])
        found = int(re.search(told, page)[1])
        assert value in (found, found * 1024), name
    run(ROOT / "deploy/capacity", "250000", "--connected", "0.1", "--messages", "50")
