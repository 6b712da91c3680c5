"""Recipe Chat as docker-compose.yml runs it, from outside: two people chat through the balancer while edges, Redis and
PostgreSQL go away and come back, and nothing is lost. Runs in the engine's network, in the folder of the compose file."""

import contextlib
import http.client
import json
import subprocess
import threading
import time
import urllib.error
import urllib.request
import uuid

import pytest
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

ADDRESS = "127.0.0.1:8080"
STEP_TIMEOUT = 60


def compose(*words):
    ended = subprocess.run(["docker", "compose", *words], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def containers(service):
    lines = compose("ps", "--format", "json", service).splitlines()
    return sorted(json.loads(line)["Name"] for line in lines)


def call(path, body, headers=None):
    data = json.dumps(body).encode() if body else None
    headers = {"content-type": "application/json"} | (headers or {})
    request = urllib.request.Request(f"http://{ADDRESS}{path}", data, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read())


def register():
    body = {"username": f"ada-{uuid.uuid4().hex[:8]}", "password": uuid.uuid4().hex}
    return call("/v1/auth/register", body)["access_token"]


def make_recipe(name, token):
    """Everybody who has its id may come in."""
    recipe = {"id": name, "title": "", "visibility": "open"}
    with contextlib.suppress(urllib.error.HTTPError):  # it is there already
        call("/v1/recipes", recipe, {"authorization": f"Bearer {token}"})


class Person(threading.Thread):
    """Somebody who says one thing after the other, each until it is accepted, over as many connections as it takes."""

    def __init__(self, recipe):
        super().__init__(daemon=True)
        self.recipe, self.token = recipe, register()
        make_recipe(recipe, self.token)
        self.accepted, self.seen, self.connections = {}, {}, 0
        self.revision = None
        self.leaving = threading.Event()
        self.trouble = None

    def run(self):
        said = 0
        pending = None
        while not self.leaving.is_set():
            try:
                with connect(f"ws://{ADDRESS}/v1/chat/{self.recipe}", open_timeout=5, close_timeout=1) as socket:
                    self.greet(socket)
                    while not self.leaving.is_set():
                        if pending is None:
                            said += 1
                            pending = (f"{self.name}-{said}", f"hello {said}")
                        if self.say(socket, *pending):
                            pending = None
            except (OSError, WebSocketException):
                time.sleep(0.3)
            except AssertionError as wrong:
                self.trouble = wrong
                return

    def greet(self, socket):
        payload = {"token": self.token}
        if self.revision is not None:
            payload["revision"] = self.revision
        socket.send(json.dumps({"type": "auth", "id": "auth", "payload": payload}))
        self.answer(socket, "auth")
        self.connections += 1

    def say(self, socket, name, content):
        socket.send(json.dumps({"type": "chat_message", "id": name, "payload": {"content": content}}))
        answer = self.answer(socket, name)
        if answer["type"] == "error":
            assert answer["payload"]["code"] in ("unavailable", "rate_limited"), answer
            time.sleep(0.3)
            return False
        revision = answer["payload"]["message"]["revision"]
        assert self.accepted.setdefault(name, revision) == revision
        # Five a second are allowed.
        time.sleep(0.25)
        return True

    def answer(self, socket, to):
        while True:
            message = json.loads(socket.recv(timeout=10))
            self.note(message)
            if message["payload"].get("in_reply_to") == to:
                return message

    def note(self, message):
        payload = message["payload"]
        if message["type"] != "recipe_update":
            return
        for one in (payload.get("messages") or []) + ([payload["message"]] if payload.get("message") else []):
            assert self.seen.setdefault(one["revision"], one["id"]) == one["id"], "a revision became another message"
        self.revision = max(self.revision or 0, payload["revision"])

    def leave(self):
        self.leaving.set()
        self.join(STEP_TIMEOUT)
        if self.trouble:
            raise self.trouble


@pytest.fixture
def people():
    """Two who chat, until the test is over; then nothing may be lost, doubled or out of order."""
    recipe = f"soup-{uuid.uuid4().hex[:8]}"
    both = [Person(recipe) for _ in range(2)]
    for person in both:
        person.start()
    until("both to be heard", lambda: all(len(person.accepted) >= 3 for person in both))
    yield both
    goes_on(both)
    for person in both:
        person.leave()
    check_history(recipe, both)


def goes_on(people):
    """Everybody is heard again, from now on."""
    before = [len(person.accepted) for person in people]
    going = lambda: all(len(p.accepted) >= b + 3 for p, b in zip(people, before, strict=True))
    until("everybody to be heard again", going)


def check_history(recipe, people):
    stored = stored_messages(recipe, people[0].token)
    assert sorted(stored) == list(range(1, len(stored) + 1)), "revisions have a gap"
    assert len(set(stored.values())) == len(stored), "a message is stored twice"
    for person in people:
        for name, revision in person.accepted.items():
            assert stored.get(revision) == name, f"{name} was accepted at {revision}, and is not there"
        for revision, name in person.seen.items():
            assert stored.get(revision) == name, f"{name} was seen at {revision}, and is not there"


def stored_messages(recipe, token):
    """By revision, read backwards page by page."""
    stored, page = {}, f"/v1/recipes/{recipe}/messages"
    while True:
        oldest = f"?before={min(stored)}" if stored else ""
        answer = call(page + oldest, None, {"authorization": f"Bearer {token}"})
        stored |= {message["revision"]: message["id"] for message in answer["messages"]}
        if not answer["messages_truncated"]:
            return stored


def until(what, probe):
    give_up = time.monotonic() + STEP_TIMEOUT
    while not probe():
        assert time.monotonic() < give_up, f"waited in vain for {what}"
        time.sleep(0.1)


def healthy(service, count):
    lines = compose("ps", "--format", "json", service).splitlines()
    return sum(json.loads(line)["Health"] == "healthy" for line in lines) == count


def test_the_balancer_uses_both_edges():
    token = register()
    recipe = f"pie-{uuid.uuid4().hex[:8]}"
    make_recipe(recipe, token)
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(connect(f"ws://{ADDRESS}/v1/chat/{recipe}")) for _ in range(16)]
        for socket in sockets:
            socket.send(json.dumps({"type": "auth", "id": "auth", "payload": {"token": token}}))
            socket.recv(timeout=10)
        counts = [connections_of(edge) for edge in containers("edge")]
        assert sum(counts) == 16 and min(counts) > 0, counts
        sockets[0].send(json.dumps({"type": "chat_message", "id": "m1", "payload": {"content": "hello"}}))
        for socket in sockets:
            while not json.loads(socket.recv(timeout=10))["payload"].get("message"):
                pass


def docker(*words):
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout


def address_of(container):
    return docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", container).split()[0]


def metric(container, port, name):
    """The value of a metric, all its series added up."""
    text = urllib.request.urlopen(f"http://{address_of(container)}:{port}/metrics", timeout=10).read().decode()
    series = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return sum(int(float(value)) for key, value in series if key.split("{")[0] == name)


def connections_of(edge):
    return metric(edge, 9464, "edge_connections")


def test_what_is_for_operators_is_not_for_everybody():
    for path in ("/metrics", "/readyz"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://{ADDRESS}{path}", timeout=10)
        assert refused.value.code == 404
    assert urllib.request.urlopen(f"http://{ADDRESS}/healthz", timeout=10).status == 200


def test_limits_are_by_the_address_that_the_proxy_tells_not_by_one_that_a_client_claims():
    network = json.loads(docker("network", "inspect", "recipe-chat-test_front"))[0]
    subnet = network["IPAM"]["Config"][0]["Subnet"]
    one, other = (f"{subnet.rsplit('.', 1)[0]}.{host}" for host in (251, 252))
    for source in (one, other):
        subprocess.run(["ip", "address", "add", f"{source}/32", "dev", f"br-{network['Id'][:12]}"], check=True)
    proxy = address_of(containers("proxy")[0])
    # Thirty a minute at each of two edges.
    statuses = [sign_in_status(proxy, one, claimed=f"203.0.113.{attempt}") for attempt in range(80)]
    assert set(statuses) == {401, 429}, statuses
    assert sign_in_status(proxy, other, claimed=one) == 401


def sign_in_status(proxy, source, claimed):
    """Signs in as nobody from an address, claiming another."""
    with contextlib.closing(http.client.HTTPConnection(proxy, 8080, timeout=10, source_address=(source, 0))) as line:
        claims = {"X-Forwarded-For": claimed, "Forwarded": f"for={claimed}", "content-type": "application/json"}
        body = {"username": f"nobody-{uuid.uuid4().hex[:8]}", "password": "not a password"}
        line.request("POST", "/v1/auth/login", json.dumps(body), claims)
        return line.getresponse().status


def test_operators_see_sessions_and_have_the_configuration_checked():
    name = f"eve-{uuid.uuid4().hex[:8]}"
    call("/v1/auth/register", {"username": name, "password": uuid.uuid4().hex})
    assert compose("exec", "-T", "auth", "recipe-chat", "sessions", "list", name).count(name) == 1
    assert "MEND" not in compose("exec", "-T", "edge", "recipe-chat", "check")


def test_one_edge_is_killed(people):
    edge = containers("edge")[0]
    docker("kill", edge)
    goes_on(people)
    docker("start", edge)
    until("both edges", lambda: healthy("edge", 2))


def test_a_second_chat_replica_comes_and_the_first_is_killed(people):
    scale_chat(2)
    until("links to both replicas", lambda: all(metric(chat, 9464, "chat_links") == 2 for chat in containers("chat")))
    goes_on(people)
    first = containers("chat")[0]
    docker("kill", first)
    goes_on(people)
    docker("start", first)
    until("both replicas", lambda: healthy("chat", 2))
    scale_chat(1)


def scale_chat(count):
    flags = ("--detach", "--no-build", "--pull", "never", "--no-deps", "--no-recreate", "--wait")
    compose("up", *flags, "--scale", f"chat={count}", "chat")


def test_redis_is_restarted(people):
    compose("restart", "--timeout", "0", "redis")
    until("Redis", lambda: healthy("redis", 1))
    goes_on(people)
    until("both edges", lambda: healthy("edge", 2))


def test_postgresql_is_restarted(people):
    compose("restart", "postgres")
    until("PostgreSQL", lambda: healthy("postgres", 1))
    goes_on(people)


def test_an_edge_drains(people):
    before = [person.connections for person in people]
    for edge in containers("edge"):
        docker("restart", "--time", "30", edge)
        until("both edges", lambda: healthy("edge", 2))
    assert all(person.connections > b for person, b in zip(people, before, strict=True))


def test_processes_run_without_rights():
    for service in ("edge", "auth", "chat"):
        for name in containers(service):
            (state,) = json.loads(docker("inspect", name))
            assert state["Config"]["User"] == "10001:10001"
            assert state["HostConfig"]["ReadonlyRootfs"] and state["HostConfig"]["CapDrop"] == ["ALL"]
            assert "//" not in json.dumps([e for e in state["Config"]["Env"] if "@" in e]), "a secret in the environment"
