"""Recipe Chat as docker-compose.yml runs it, from outside: two people chat through the balancer while edges, Redis and
PostgreSQL go away and come back, and nothing is lost. Runs in the engine's network, in the folder of the compose file."""

import contextlib
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
PATIENCE = 60


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


class Person(threading.Thread):
    """Somebody who says one thing after the other, each until it is accepted, over as many connections as it takes."""

    def __init__(self, recipe):
        super().__init__(daemon=True)
        self.recipe, self.token = recipe, register()
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
        self.join(PATIENCE)
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
    give_up = time.monotonic() + PATIENCE
    while not probe():
        assert time.monotonic() < give_up, f"waited in vain for {what}"
        time.sleep(0.1)


def healthy(service, count):
    lines = compose("ps", "--format", "json", service).splitlines()
    return sum(json.loads(line)["Health"] == "healthy" for line in lines) == count


def test_the_balancer_uses_both_edges():
    token = register()
    recipe = f"pie-{uuid.uuid4().hex[:8]}"
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


def connections_of(edge):
    inspect = ["docker", "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", edge]
    address = subprocess.run(inspect, capture_output=True, text=True, check=True).stdout.split()[0]
    text = urllib.request.urlopen(f"http://{address}:8080/metrics", timeout=10).read().decode()
    return sum(int(float(line.split()[-1])) for line in text.splitlines() if line.startswith("edge_connections{"))


def test_what_is_for_operators_is_not_for_everybody():
    for path in ("/metrics", "/readyz"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"http://{ADDRESS}{path}", timeout=10)
        assert refused.value.code == 404
    assert urllib.request.urlopen(f"http://{ADDRESS}/healthz", timeout=10).status == 200


def test_one_edge_is_killed(people):
    edge = containers("edge")[0]
    subprocess.run(["docker", "kill", edge], check=True, capture_output=True)
    goes_on(people)
    subprocess.run(["docker", "start", edge], check=True, capture_output=True)
    until("both edges", lambda: healthy("edge", 2))


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
        subprocess.run(["docker", "restart", "--time", "30", edge], check=True, capture_output=True)
        until("both edges", lambda: healthy("edge", 2))
    assert all(person.connections > b for person, b in zip(people, before, strict=True))


def test_processes_run_without_rights():
    for service in ("edge", "auth", "chat"):
        for name in containers(service):
            inspect = ["docker", "inspect", name]
            (state,) = json.loads(subprocess.run(inspect, capture_output=True, text=True, check=True).stdout)
            assert state["Config"]["User"] == "10001:10001"
            assert state["HostConfig"]["ReadonlyRootfs"] and state["HostConfig"]["CapDrop"] == ["ALL"]
            assert "//" not in json.dumps([e for e in state["Config"]["Env"] if "@" in e]), "a secret in the environment"
