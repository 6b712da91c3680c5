"""The documents for people: what they name exists, and their lines fit."""

import contextlib
import json
import re
import shlex

import pytest
import yaml
from conftest import ROOT, run
from stack import Stack, free_port, get, heard, until
from websockets.sync.client import connect

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


def pages(*patterns):
    return [path for path in run("git", "-C", ROOT, "ls-files", *patterns).splitlines() if (ROOT / path).is_file()]


def links(page):
    """Where a page's links lead: a path from the root, and the heading there. Code has none."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", (ROOT / page).read_text(), flags=re.DOTALL)
    found = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", text)
    for link in (target for pair in found for target in pair if target and "://" not in target):
        path, _, heading = link.partition("#")
        target = (ROOT / page).parent / path if path else ROOT / page
        yield link, target.resolve(), heading


def headings(path):
    """The names by which one links to a page's headings, as GitHub makes them."""
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    titles = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    plain = [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title) for title in titles]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in plain}


def test_every_link_of_every_page_leads_somewhere():
    lost = []
    for page in pages("*.md"):
        for link, target, heading in links(page):
            if not target.exists() or (heading and target.suffix == ".md" and heading not in headings(target)):
                lost.append(f"{page}: {link}")
    assert lost == []


def test_every_page_of_the_documents_can_be_reached_from_their_index():
    index = ROOT / "docs/README.md"
    reached, waiting = {index}, [index]
    while waiting:
        for _, target, _ in links(waiting.pop().relative_to(ROOT)):
            if target.suffix == ".md" and target.is_file() and target not in reached:
                reached.add(target)
                waiting.append(target)
    assert [page for page in pages("docs/*.md") if (ROOT / page).resolve() not in reached] == []


def test_the_pictures_show_frames_and_closes_that_exist():
    page = (ROOT / "docs/protocol-in-pictures.md").read_text()
    schema = json.loads((ROOT / "proto/websocket/schema.json").read_text())["$defs"]
    frames = {
        kind["properties"]["type"]["const"] for side in ("ClientFrame", "ServerFrame") for kind in schema[side]["oneOf"]
    }
    drawn = set(re.findall(r"^  \w+-?->>\w+: ([a-z]+_[a-z_]+|auth)\b", page, re.MULTILINE))
    assert {"auth", "auth_required", "chat_message", "recipe_update"} <= drawn <= frames
    closes = json.loads((ROOT / "proto/websocket/codes.json").read_text())["closes"]
    known = {(f"{close['code']}", close["reason"]): close["action"] for close in closes}
    named = 0
    for action, row in ((row.split("|")[2].strip(" `"), row) for row in page.splitlines() if re.match(r"\| 1\d{3} ", row)):
        for close in re.findall(r"(1\d{3}) `([^`]+)`", row):
            assert known[close] == action, close
            named += 1
    assert named >= 9
    assert ("1008", re.search(r"1008\s+`([^`]+)`", page)[1]) in known


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_the_paths_that_a_page_names_exist(page):
    text = (ROOT / page).read_text()
    roots = ("services", "proto", "docs", "tests", "deploy", "frontend_app")
    named = {path for path in re.findall(r"`([\w./-]+)`", text) if path.split("/")[0] in roots and "/" in path}
    named |= {link.split("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link} - {""}
    assert len(named) > 10
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_each_of_the_four_questions_is_answered_by_at_most_two_files():
    answers = rows("Four questions")
    assert len(answers) == 4
    for question, answer in answers:
        files = re.findall(r"`([\w./-]+\.rs)`(?: \(([^)]*)\))?", answer)
        pages_named = set(re.findall(r"\]\((\w+\.md)#", answer))
        assert 1 <= len(files) + len(pages_named) <= 2, question
        for path, names in files:
            code = (ROOT / path).read_text()
            for name in re.findall(r"`(\w+)`", names):
                assert re.search(rf"\b{name}\b", code), (question, path, name)


def test_the_first_hour_changes_what_is_there():
    hour = (ROOT / "CONTRIBUTING.md").read_text().split("\n## Your first hour\n")[1].split("\n## ")[0]
    language = ROOT / "services/chat"
    sentences = (language / "tests/recipe_language/sentences.txt").read_text()
    assert "below `skip the salt`" in hour and re.search("^skip the salt +=>", sentences, re.MULTILINE)
    assert "scrap the salt" in hour and "scrap" not in sentences
    (verbs,) = re.findall(r'rest\(&\[([^\]]*"ditch"[^\]]*)\]', (language / "src/recipe/language/verbs.rs").read_text())
    assert 'begins with `"ditch"`' in hour and verbs.startswith('"ditch"') and "scrap" not in verbs
    session = (ROOT / "services/edge/src/session.rs").read_text()
    ask = session.split("\n    fn ask(")[1].split("\n    }\n")[0]
    assert "in the function `ask`" in hour and ask.count("self.timings.grace") == 1
    known = rust_functions()
    named = re.findall(r"`(?:\w+::)*(\w+_\w+_\w+)`", hour)
    assert len(named) == 3 and all(any(is_test(path, name) for path in known[name]) for name in named)


def test_the_codemap_has_every_module_of_the_edge():
    page = (ROOT / "ARCHITECTURE.md").read_text().split("In the edge, from the outside in:")[1].split("\n## ")[0]
    named = set(re.findall(r"`(\w+)`", " ".join(re.findall(r"^\| ([^|]*) \|", page, re.MULTILINE))))
    modules = {path.stem for path in (ROOT / "services/edge/src").glob("*.rs")}
    # What tests and fuzz targets reach, and the crate's own table of contents.
    assert modules - named == {"lib", "internals", "fuzzing"}


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
    broken = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/README.md", "docs/start.md"]
    broken += ["docs/protocol-in-pictures.md", *pages("docs/decisions/*.md", "docs/cookbook/*.md")]
    for page in broken:
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


@pytest.fixture
def alone(binary, tmp_path):
    """One process with everything, as `recipe-chat up` starts it; its address."""
    port = free_port()
    listen = ("--edge-listen", f"127.0.0.1:{port}", "--auth-listen", "127.0.0.1:0", "--chat-listen", "127.0.0.1:0")
    with contextlib.ExitStack() as ending:
        stack = Stack(binary, tmp_path)
        ending.push(stack.__exit__)
        stack.start(binary, "up", *listen, "--data-dir", tmp_path / "data")
        until("the edge", lambda: ready(port, "auth"))
        yield f"127.0.0.1:{port}"


def test_the_readmes_conversation_by_hand_goes_as_printed(alone):
    section = (ROOT / "README.md").read_text().split("\n## Talk to it\n")[1]
    lines = re.search(r"```sh\n(.*?)```", section, re.DOTALL)[1].replace("127.0.0.1:8080", alone)
    commands, by_hand = lines.split("websocat ")
    address, *frames = by_hand.strip().splitlines()
    token = ""
    for command in re.sub(r"\\\n *", "", commands).strip().splitlines():
        answer = json.loads(run("bash", "-euc", command.replace("<access_token>", token)))
        token = answer.get("access_token", token)
    with connect(address) as socket:
        for frame in frames:
            socket.send(frame.replace("<access_token>", token))
        answer = heard(socket, lambda message: "message" in message["payload"])
    assert answer["payload"]["message"]["effect"] == "Added 1 1/2 cup flour"


def test_the_cookbooks_process_runs_and_is_copied_as_printed(binary, tmp_path):
    section = (ROOT / "docs/cookbook/deploy.md").read_text().split("\n## One process\n")[1].split("\n## ")[0]
    start, *others = "".join(re.findall(r"```sh\n(.*?)```", section, re.DOTALL)).splitlines()
    moved = {"/var/lib": f"{tmp_path}", "/var/backups": f"{tmp_path}/backups"}

    def words(line):
        program, *rest = shlex.split(line)
        assert program == "recipe-chat"
        return [re.sub("|".join(moved), lambda found: moved[found[0]], word) for word in rest]

    port = free_port()
    listen = ("--edge-listen", f"127.0.0.1:{port}", "--auth-listen", "127.0.0.1:0", "--chat-listen", "127.0.0.1:0")
    with contextlib.ExitStack() as ending:
        stack = Stack(binary, tmp_path)
        ending.push(stack.__exit__)
        stack.start(binary, *words(start), *listen)
        until("the edge", lambda: ready(port, "chat"))
        (tmp_path / "backups").mkdir()
        for line in others:
            run(binary, *words(line))
    assert len(others) == 2 and any((tmp_path / "backups").rglob("*.db"))


def ready(port, part="redis"):
    with contextlib.suppress(OSError):
        told = get(f"http://127.0.0.1:{port}/readyz")
        return told if json.loads(told).get(part) else None


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
