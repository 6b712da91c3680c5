"""What an operator does with the binary, as a real process: asks it how it is, stops it, misspells its settings, copies its
databases and brings them back."""

import contextlib
import glob
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from conftest import run
from stack import STEP_TIMEOUT, Stack, connect, free_port, get, heard, listens, post, say, until

ACCOUNT = {"username": "ada", "password": "correct horse battery", "refresh": "body"}


@contextlib.contextmanager
def up(binary, folder, *flags, limits=None, **environment):
    """Everything in one process on free ports; gives the edge's address, the process, and what it has logged so far."""
    words = [binary, "up", "--data-dir", folder / "data"]
    words += [word for name in ("edge", "auth", "chat") for word in (f"--{name}-listen", "127.0.0.1:0")]
    environment = {"PATH": os.environ["PATH"], "RECIPE_CHAT_LOG_FORMAT": "json"} | environment
    log = folder / "log"
    options = {"env": environment, "text": True, "preexec_fn": limits}
    with log.open("a") as output:
        process = subprocess.Popen([*map(str, words), *flags], stdout=subprocess.PIPE, stderr=output, **options)
    try:
        line = process.stdout.readline()
        assert (address := re.search(r"http://\S+", line)), log.read_text()
        yield address[0], process, lambda: [json.loads(line) for line in log.read_text().splitlines()]
    finally:
        process.kill()
        process.wait()


def refusal(binary, *words, **environment):
    """How a process ended that was given something wrong, and what it said."""
    ended = subprocess.run(
        [str(word) for word in (binary, *words)],
        env={"PATH": os.environ["PATH"], "RECIPE_CHAT_LOG": "error"} | environment,
        capture_output=True,
        text=True,
        timeout=STEP_TIMEOUT,
    )
    assert ended.returncode in (1, 2), ended
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    return ended.stderr


def test_a_process_tells_its_version(binary, tmp_path):
    version = run(binary, "--version").removeprefix("recipe-chat ").strip()
    with up(binary, tmp_path) as (edge, *_):
        assert get(edge + "/healthz") == f"ok {version}\n"
        metrics = get(edge + "/metrics")
    number = version.split(" ")[0]
    assert re.search(rf'^recipe_chat_build_info{{.*version="{number}"}} 1$', metrics, re.MULTILINE), metrics
    assert f'service_version="{number}"' in metrics
    for name in ("process_open_fds", "process_max_fds", "process_resident_memory_bytes", "process_cpu_seconds_total"):
        assert float(re.search(rf"^{name} (\S+)$", metrics, re.MULTILINE)[1]) > 0


def test_every_metric_has_its_help(binary, tmp_path):
    with Stack(binary, tmp_path) as stack:
        stack.live_a_life()
        for name, text in stack.metrics().items():
            families = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
            helped = set(re.findall(r"^# HELP (\w+) \S", text, re.MULTILINE))
            assert families - helped == set(), name


def test_every_request_is_one_line_with_its_name_and_trace_and_without_what_is_secret(binary, tmp_path):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    # Nobody listens there: spans are made all the same.
    collector = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
    with up(binary, tmp_path, **collector) as (edge, _, log):
        request = urllib.request.Request(edge + "/v1/recipes/a-secret-name?token=a-secret-token")
        request.add_header("traceparent", f"00-{trace}-b7ad6b7169203331-01")
        with pytest.raises(urllib.error.HTTPError) as answer:
            urllib.request.urlopen(request, timeout=STEP_TIMEOUT)
        name = answer.value.headers["x-request-id"]
        get(edge + "/healthz")
        lines = until("the line", lambda: [line for line in log() if line.get("message") == "request"])
        (line,) = lines
        assert (line["method"], line["route"], line["status"]) == ("GET", "/v1/recipes/{id}", answer.value.code)
        assert line["request.id"] == name and line["client.address"] == "127.0.0.1"
        assert trace in json.dumps(line)
        assert "a-secret" not in json.dumps(log())


def test_a_level_that_is_none_is_refused(binary, tmp_path):
    for level in ("warning", "loud", "edge=loud"):
        said = refusal(binary, "up", "--data-dir", tmp_path / "data", RECIPE_CHAT_LOG=level)
        assert "is no level: write error, warn, info" in said and said.count("write") == 1


def test_a_misspelt_variable_is_refused_with_the_nearest_name(binary):
    said = refusal(binary, "edge", EDGE_MAX_CONECTIONS="5")
    assert "EDGE_MAX_CONECTIONS" in said and "EDGE_MAX_CONNECTIONS?" in said
    # What Kubernetes and Docker set for services of these names is not ours.
    harmless = {"EDGE_PORT_80_TCP": "tcp://10.0.0.1:80", "AUTH_SERVICE_HOST": "10.0.0.2", "PATH": os.environ["PATH"]}
    assert "EDGE_LISTEN=" in run(binary, "edge", "--print-config", env=harmless)


def test_the_settings_are_printed_without_secrets_and_can_be_set_again(binary):
    environment = {"PATH": os.environ["PATH"], "REDIS_URL": "redis://:canary@cache", "EDGE_MESSAGE_RATE": "7"}
    printed = run(binary, "edge", "--print-config", "--max-connections", "9", env=environment)
    assert "canary" not in printed
    settings = dict(re.findall(r"^([A-Z_]+)=(.*)$", printed, re.MULTILINE))
    assert settings["EDGE_MAX_CONNECTIONS"] == "9" and settings["EDGE_MESSAGE_RATE"] == "7"
    again = run(binary, "edge", "--print-config", env=settings | {"PATH": environment["PATH"]})
    assert dict(re.findall(r"^([A-Z_]+)=(.*)$", again, re.MULTILINE)) == settings


@pytest.mark.parametrize("password", ["can@ary", "can/ary", "can?ary", "can#ary"])
def test_of_an_address_with_a_bare_password_nothing_is_printed(binary, tmp_path, password):
    wrong = (("auth", "AUTH_DATABASE_URL", f"postgres://auth:{password}@db.invalid/auth"),)
    wrong += (("edge", "REDIS_URL", f"redis://:{password}@db.invalid:6379"),)
    for command, variable, url in wrong:
        said = refusal(binary, command, "--listen", "127.0.0.1:0", **{variable: url})
        assert "can" not in said and "ary" not in said, said
        assert said.count("%40") == 1, said


def test_signals_that_ask_for_an_end_drain_and_a_hang_up_ends_nothing(binary, tmp_path):
    with up(binary, tmp_path) as (edge, process, log):
        process.send_signal(signal.SIGHUP)
        until("the hang-up", lambda: any(line.get("message") == "the settings were read again" for line in log()))
        assert get(edge + "/healthz").startswith("ok")
        process.send_signal(signal.SIGQUIT)
        assert process.wait(timeout=STEP_TIMEOUT) == 0


def test_the_limit_of_descriptors_is_raised_and_held_against_the_connections(binary, tmp_path):
    def low():
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 2048))

    with up(binary, tmp_path, limits=low) as (edge, _, log):
        metrics = get(edge + "/metrics")
        assert re.search(r"^process_max_fds 2048$", metrics, re.MULTILINE)
        assert re.search(r"^edge_max_connections 1792$", metrics, re.MULTILINE)
        warned = [line for line in log() if "--max-connections is 100000" in line.get("message", "")]
        assert warned
    environment = {"PATH": os.environ["PATH"]}
    with pytest.raises(AssertionError, match="MEND.*--max-connections is 5000"):
        run(binary, "check", "--max-connections", "5000", preexec_fn=low, env=environment)
    # Nobody has asked for so many.
    said = run(binary, "check", preexec_fn=low, env=environment)
    assert "MEND" not in said
    assert "note  descriptors: --max-connections is 100000" in said


def test_check_tells_what_it_did_not_look_at(binary):
    said = run(binary, "check", "--max-connections", "10", env={"PATH": os.environ["PATH"]})
    assert len(re.findall(r"^skip ", said, re.MULTILINE)) == 5


def test_check_asks_each_for_its_own_health(binary, tmp_path):
    with Stack(binary, tmp_path) as stack:
        right = ("--auth-url", stack.url("auth"), "--chat-url", stack.url("chat"), "--max-connections", "10")
        assert "MEND" not in run(binary, "check", *right, env={"PATH": os.environ["PATH"]})
        swapped = ("--auth-url", stack.url("chat"), "--chat-url", stack.url("auth"), "--max-connections", "10")
        with pytest.raises(AssertionError, match=r"is no recipechat\.auth\.v1\.AuthService"):
            run(binary, "check", *swapped, env={"PATH": os.environ["PATH"]})


def test_a_copy_that_was_made_while_everything_runs_is_brought_back(binary, tmp_path):
    environment = {"PATH": os.environ["PATH"]}
    copies = tmp_path / "copies"
    with up(binary, tmp_path) as (edge, *_):
        pair = post(edge + "/v1/auth/register", ACCOUNT)
        talk(edge, pair, "m1", "add 3 leeks")
        made = run(binary, "backup", copies, "--data-dir", tmp_path / "data", env=environment)
        talk(edge, pair, "m2", "add 1 kg salt")
    (copy,) = copies.iterdir()
    assert str(copy) in made
    assert str(copy) in run(binary, "verify", copies, env=environment)
    with up(binary, tmp_path / "new", folder_of(tmp_path / "new", copy)) as (edge, *_):
        body = {"username": ACCOUNT["username"], "password": ACCOUNT["password"], "refresh": "body"}
        update = talk(edge, post(edge + "/v1/auth/login", body), "m3", "add 1 onion")
        names = [ingredient["name"] for ingredient in update["recipe"]["ingredients"]]
        assert update["revision"] == 2 and "salt" not in names
    damaged = copy / "chat.db"
    content = bytearray(damaged.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    damaged.chmod(0o600)
    damaged.write_bytes(content)
    with pytest.raises(AssertionError, match=r"chat: .*chat\.db"):
        run(binary, "verify", copies, env=environment)


def test_the_plan_of_a_migration_changes_nothing_and_the_migration_is_what_it_says(binary, tmp_path):
    environment = {"PATH": os.environ["PATH"], "RECIPE_CHAT_DATA_DIR": str(tmp_path / "data")}
    planned = run(binary, "migrate", "--plan", env=environment)
    assert "-- auth: migration 1\n" in planned and "CREATE TABLE recipes" in planned
    assert not (tmp_path / "data").exists()
    applied = run(binary, "migrate", env=environment)
    assert re.findall(r"^-- .*migration.*$", planned, re.MULTILINE) == applied.splitlines()
    up_to_date = "-- auth: up to date\n-- chat: up to date\n"
    assert run(binary, "migrate", env=environment) == up_to_date
    with up(binary, tmp_path):
        assert run(binary, "migrate", "--plan", env=environment) == up_to_date


def test_the_plan_knows_a_server(binary, home):
    with postgres(home) as (url, *_):
        urls = {"AUTH_DATABASE_URL": url, "CHAT_DATABASE_URL": url}
        environment = {"PATH": os.environ["PATH"]} | urls
        planned = run(binary, "migrate", "--plan", env=environment)
        assert "-- auth: migration 1\n" in planned and "-- chat: migration 1\n" in planned
        run(binary, "migrate", env=environment)
        assert run(binary, "migrate", "--plan", env=environment) == "-- auth: up to date\n-- chat: up to date\n"


def folder_of(home, copy):
    """Puts a copy where a new installation looks for its databases; a flag that changes nothing."""
    (home / "data").mkdir(parents=True)
    for file in copy.iterdir():
        shutil.copy(file, home / "data")
    return "--message-rate=5"


def talk(edge, pair, id, content):
    with contextlib.suppress(urllib.error.HTTPError):
        make_recipe(edge, pair)
    with connect(edge.replace("http", "ws") + "/v1/chat/soup") as socket:
        say(socket, "auth", f"a-{id}", token=pair["access_token"])
        heard(socket, lambda message: message["payload"].get("in_reply_to") == f"a-{id}")
        say(socket, "chat_message", id, content=content)
        return heard(socket, lambda message: message["payload"].get("in_reply_to") == id)["payload"]


def make_recipe(edge, pair):
    """Made on purpose, once."""
    request = urllib.request.Request(edge + "/v1/recipes", json.dumps({"id": "soup", "title": "Soup"}).encode())
    request.add_header("content-type", "application/json")
    request.add_header("authorization", f"Bearer {pair['access_token']}")
    urllib.request.urlopen(request, timeout=STEP_TIMEOUT).close()


@contextlib.contextmanager
def postgres(data):
    """A server with an empty database; gives its address, and how it is stopped and started."""
    (programs,) = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1:]
    port = free_port()
    user = [] if os.getuid() else ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
    if user:
        shutil.chown(data, "postgres", "postgres")
    options = {"cwd": data, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    initdb = [*user, f"{programs}/initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync"]
    subprocess.run([str(word) for word in initdb], check=True, **options)
    command = [*user, f"{programs}/postgres", "-D", data, "-p", str(port), "-k", data, "-h", "127.0.0.1", "-F"]
    server = None

    def start():
        nonlocal server
        server = subprocess.Popen([str(word) for word in command], **options)
        until("PostgreSQL", lambda: listens(port))

    def stop():
        server.send_signal(signal.SIGINT)
        server.wait(timeout=STEP_TIMEOUT)

    start()
    try:
        yield f"postgres://postgres@127.0.0.1:{port}/postgres?sslmode=disable", start, stop
    finally:
        stop()


@pytest.fixture
def home():
    """A folder that another user can reach: PostgreSQL does not run as root."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def test_whoever_cannot_use_its_database_does_not_serve_and_no_edge_is_ready(binary, tmp_path, home):
    with postgres(home) as (url, start, stop), PostgresStack(binary, tmp_path, url) as stack:
        health = [[str(binary), "health", "--grpc", f"127.0.0.1:{stack.ports[name]}"] for name in ("auth", "chat")]

        def said(wanted):
            ended = [subprocess.run(one, capture_output=True, text=True) for one in health]
            return all(wanted in one.stdout + one.stderr for one in ended)

        assert said("is healthy")
        stop()
        until("auth and chat that do not serve", lambda: said("NOT_SERVING"))
        ready = lambda: readiness(stack.url())
        until("an edge that is not ready", lambda: ready()[:1] == (503,))
        assert ready()[1]["auth"] is False and ready()[1]["chat"] is False
        assert 'store_up{service="recipechat.auth.v1.AuthService"} 0' in stack.metrics()["auth"]
        # Its process is well.
        get(stack.url() + "/healthz")
        start()
        until("auth and chat again", lambda: said("is healthy"))
        until("the edge again", lambda: ready()[0] == 200)


def readiness(edge):
    try:
        with urllib.request.urlopen(edge + "/readyz", timeout=STEP_TIMEOUT) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as answer:
        return answer.code, json.load(answer)


class PostgresStack(Stack):
    """The same on a PostgreSQL."""

    def __init__(self, binary, folder, url):
        super().__init__(binary, folder)
        self.url_of_database = url

    def start(self, *command, **options):
        words = [self.url_of_database if str(word).startswith("sqlite:") else word for word in command]
        super().start(*words, **options)


def told(binary, *words, **environment):
    """What a command that cannot work says, in one line."""
    environment = {"PATH": os.environ["PATH"]} | environment
    ended = subprocess.run([binary, *words], capture_output=True, text=True, env=environment, timeout=STEP_TIMEOUT)
    assert ended.returncode in (1, 2), f"{words}: {ended.returncode} {ended.stderr}"
    return ended.stderr


@pytest.mark.parametrize("address", ["localhost:8080", ":8080", "8080"])
@pytest.mark.parametrize("service", ["edge", "auth", "chat"])
def test_a_listener_that_is_no_address_is_told_how_to_write_it(binary, service, address):
    said = told(binary, service, "--listen", address)
    assert "write it as IP:PORT" in said and f"{service.upper()}_LISTEN" in said


def test_an_endpoint_of_the_collector_without_a_scheme_is_told_how_to_write_it(binary):
    said = told(binary, "edge", "--otlp-endpoint", "localhost:4317")
    assert said.count("https://HOST:PORT") == 1 and len(said.splitlines()) == 1


def test_an_operator_whose_auth_service_is_away_is_told_where_it_was_looked_for(binary):
    address = f"http://127.0.0.1:{free_port()}"
    for words in (["sessions", "list", "ada"], ["users", "list"], ["keys", "list"]):
        said = told(binary, *words, "--auth-url", address, AUTH_OPERATOR_TOKEN="canary-canary-canary")
        assert f"cannot be reached at {address}" in said and "refused" in said, said
        assert "canary" not in said


def test_health_of_a_page_of_the_web_app_is_no_health(binary, tmp_path):
    with up(binary, tmp_path) as (address, _, _):
        assert "is healthy" in run(binary, "health", "--url", address)
        assert "is healthy" in run(binary, "health", "--url", f"{address}/healthz")
        assert f"{address}/redyz answers" in told(binary, "health", "--url", f"{address}/redyz")


def test_a_start_of_a_fresh_installation_warns_of_nothing(binary, tmp_path):
    with Stack(binary, tmp_path) as stack:
        until("the edge", lambda: json.loads(get(stack.url() + "/readyz"))["redis"])
        stack.make_recipe("soup", post(stack.url() + "/v1/auth/register", ACCOUNT)["access_token"])
        said = stack.log().read_text()
        assert "edge is ready" in said
        # Without proof between services that is what they are warned of.
        assert [line for line in said.splitlines() if " WARN " in line and "auth-url" not in line] == []


def test_a_database_at_a_socket_of_the_machine_is_named_as_libpq_has_it(binary, tmp_path):
    missing = tmp_path / "sockets"
    url = f"postgres://ada:canary@/auth?host={missing}"
    said = told(binary, "auth", "--database-url", url, "--auth-database-wait", "0s", "--listen", "127.0.0.1:0")
    assert "postgres:///auth" in said and "No such file" in said and "canary" not in said, said
