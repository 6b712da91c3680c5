"""What the tests of the compose file share: the engine's commands, the API through the balancer, people who chat, and the
alerts of Prometheus. Runs in the engine's network, in the folder of the compose file."""

import contextlib
import json
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid

from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

ADDRESS = "127.0.0.1:8080"
STEP_TIMEOUT = 60
# An alert needs its cause to be read, its time to pass and to be looked at again: every 15 s, 60 s at most, every 15 s.
ALERT_TIMEOUT = 180


def compose(*words):
    ended = subprocess.run(["docker", "compose", *words], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def containers(service):
    lines = compose("ps", "--format", "json", service).splitlines()
    return sorted(json.loads(line)["Name"] for line in lines)


def call(path, body, headers=None):
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"} | (headers or {})
    request = urllib.request.Request(f"http://{ADDRESS}{path}", data, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.loads(answer.read() or b"null")


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

    def __init__(self, recipe, token=None):
        super().__init__(daemon=True)
        self.recipe, self.token = recipe, token or register()
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


def until(what, probe, timeout=STEP_TIMEOUT):
    """Asks again and again until it says yes; whoever cannot be reached says no."""
    give_up = time.monotonic() + timeout
    while True:
        with contextlib.suppress(OSError):
            if probe():
                return
        assert time.monotonic() < give_up, f"waited in vain for {what}"
        time.sleep(0.1)


def healthy(service, count):
    lines = compose("ps", "--format", "json", service).splitlines()
    return sum(json.loads(line)["Health"] == "healthy" for line in lines) == count


def up(*words):
    """Starts what is named, or everything, and waits until it is healthy."""
    compose("up", "--detach", "--no-build", "--pull", "never", "--wait", "--wait-timeout", "180", *words)


def docker(*words):
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout


def address_of(container):
    return docker("inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}", container).split()[0]


def get(container, port, path):
    with urllib.request.urlopen(f"http://{address_of(container)}:{port}{path}", timeout=10) as answer:
        return answer.read().decode()


def metric(container, port, name, label=""):
    """The value of a metric, all its series with this label added up."""
    text = get(container, port, "/metrics")
    series = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return sum(int(float(value)) for key, value in series if key.split("{")[0] == name and label in key)


def readiness(edge):
    return json.loads(get(edge, 8080, "/readyz"))


def to_mend():
    """What `check` finds, but for the file descriptors that this machine has for a container."""
    check = ["docker", "compose", "exec", "-T", "edge", "recipe-chat", "check"]
    lines = subprocess.run(check, capture_output=True, text=True).stdout.splitlines()
    assert any(line.startswith("ok") for line in lines), lines
    return [line for line in lines if line.startswith("MEND") and "file descriptors" not in line]


def redis_cli(*words):
    script = 'REDISCLI_AUTH=$(cut -d" " -f2 /run/secrets/redis.conf) exec redis-cli "$@"'
    return compose("exec", "-T", "redis", "bash", "-c", script, "redis-cli", *words).strip()


class Alerts:
    """Prometheus, with the rules that are shipped."""

    PROFILE = ("--profile", "observability")

    def __init__(self):
        compose(*self.PROFILE, "up", "--detach", "--no-build", "--pull", "never", "--no-deps", "prometheus")
        self.container = compose(*self.PROFILE, "ps", "--format", "{{.Name}}", "prometheus").strip()
        until("Prometheus to know both edges", lambda: self.value('recipe_chat:replicas:up{job="edge"}') == 2, ALERT_TIMEOUT)

    def value(self, query):
        answer = json.loads(get(self.container, 9090, f"/api/v1/query?query={urllib.parse.quote(query)}"))
        return sum(float(series["value"][1]) for series in answer["data"]["result"])

    def fires(self, name, **labels):
        alerts = json.loads(get(self.container, 9090, "/api/v1/alerts"))["data"]["alerts"]
        wanted = (labels | {"alertname": name}).items()
        return any(alert["state"] == "firing" and wanted <= alert["labels"].items() for alert in alerts)

    def await_firing(self, name, **labels):
        until(f"{name} to fire", lambda: self.fires(name, **labels), ALERT_TIMEOUT)

    def await_silence(self, name, **labels):
        until(f"{name} to end", lambda: not self.fires(name, **labels), ALERT_TIMEOUT)


def connections_of(edge):
    return metric(edge, 9464, "edge_connections")
