"""Auth, chat and an edge as processes of their own on free ports, with short clocks, and what a client does with them."""

import contextlib
import json
import os
import re
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

STEP_TIMEOUT = 60


# Below those that the kernel gives to outgoing connections, and apart from those of tests in Rust.
PORTS = range(20_000, 30_000)
claimed = []


def free_port():
    """Nobody listens on it, and no other test is given it until this process ends: it holds the UDP port of that number."""
    first = os.getpid() * 101 + len(claimed)
    for step in range(len(PORTS)):
        address = ("127.0.0.1", PORTS[(first + step) % len(PORTS)])
        claim, probe = socket.socket(type=socket.SOCK_DGRAM), socket.socket()
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with probe, contextlib.suppress(OSError):
            claim.bind(address)
            probe.bind(address)
            claimed.append(claim)
            return address[1]
        claim.close()
    raise AssertionError("no free port")


def until(what, probe):
    """Asks again and again until it says yes: for things that send no event of their own."""
    give_up = time.monotonic() + STEP_TIMEOUT
    while not (answer := probe()):
        assert time.monotonic() < give_up, f"waited in vain for {what}"
        time.sleep(0.05)
    return answer


def get(url):
    with urllib.request.urlopen(url, timeout=STEP_TIMEOUT) as answer:
        return answer.read().decode()


def post(url, body, headers=None):
    headers = {"content-type": "application/json"} | (headers or {})
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=STEP_TIMEOUT) as answer:
        return json.loads(answer.read() or b"null")


def listens(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True


class Stack:
    """Ends everything that it started when it is closed."""

    def __init__(self, binary, folder, **environment):
        self.binary, self.folder, self.environment, self.processes = binary, folder, environment, []
        names = ("redis", "auth", "chat", "edge", "auth_metrics", "chat_metrics")
        self.ports = {name: free_port() for name in names}

    def __enter__(self):
        at = {name: f"127.0.0.1:{port}" for name, port in self.ports.items()}
        redis = ("--redis-url", f"redis://{at['redis']}")
        self.start("redis-server", "--port", self.ports["redis"], "--save", "", "--dir", self.folder)
        until("Redis", lambda: listens(self.ports["redis"]))
        for name, own in (("auth", ("--access-ttl", "40s")), ("chat", ("--auth-url", f"http://{at['auth']}"))):
            database = ("--database-url", f"sqlite:{self.folder}/{name}.db")
            metrics = ("--metrics-listen", at[f"{name}_metrics"])
            self.start(self.binary, name, "--listen", at[name], *database, *metrics, *redis, *own)
            until(name, lambda: listens(self.ports[name]))
        behind = ("--auth-url", f"http://{at['auth']}", "--chat-url", f"http://{at['chat']}")
        clocks = ("--reauth-lead", "39s", "--reauth-grace", "30s")
        self.start(self.binary, "edge", "--listen", at["edge"], *behind, *redis, *clocks)
        until("the edge", lambda: self.is_ready())
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.kill()
            process.wait()

    def start(self, *command, **options):
        environment = {"PATH": os.environ["PATH"]} | self.environment
        with self.log().open("a") as log:
            quiet = {"stdout": subprocess.DEVNULL, "stderr": log}
            self.processes.append(subprocess.Popen([str(word) for word in command], env=environment, **quiet, **options))

    def log(self):
        """What all processes said to standard error."""
        return Path(self.folder) / "log"

    def url(self, name="edge"):
        return f"http://127.0.0.1:{self.ports[name]}"

    def make_recipe(self, name, token):
        """Everybody who has its id may come in."""
        recipe = {"id": name, "title": "", "visibility": "open"}
        post(self.url() + "/v1/recipes", recipe, {"authorization": f"Bearer {token}"})

    def is_ready(self):
        with contextlib.suppress(OSError):
            return get(self.url() + "/readyz")

    def metrics(self):
        """What each process offers, by its name."""
        ports = {"edge": "edge", "auth": "auth_metrics", "chat": "chat_metrics"}
        return {name: get(self.url(port) + "/metrics") for name, port in ports.items()}

    def metrics_with(self, names):
        """The same, once all these are there: some are counted when their client has seen the effect already. Those that do
        not come are missing in what it gives."""
        give_up = time.monotonic() + STEP_TIMEOUT
        while True:
            exposed = self.metrics()
            offered = set(re.findall(r"^(\w+)[{ ]", "\n".join(exposed.values()), re.MULTILINE))
            if set(names) <= offered or time.monotonic() > give_up:
                return exposed
            time.sleep(0.05)

    def live_a_life(self):
        """A client comes, is refused once, talks, proves itself again, and is signed out."""
        with contextlib.suppress(OSError):
            get(self.url() + "/v1/chat/no%20recipe")
        pair = post(self.url() + "/v1/auth/register", {"username": "ada", "password": "correct horse", "refresh": "body"})
        self.make_recipe("soup", pair["access_token"])
        with connect(f"ws://127.0.0.1:{self.ports['edge']}/v1/chat/soup") as socket:
            say(socket, "auth", "a1", token=pair["access_token"])
            heard(socket, lambda message: message["payload"].get("in_reply_to") == "a1")
            say(socket, "chat_message", "m1", content="add 2 eggs")
            heard(socket, lambda message: message["payload"].get("in_reply_to") == "m1")
            heard(socket, lambda message: message["type"] == "auth_required")
            body = {"refresh_token": pair["refresh_token"], "refresh": "body"}
            pair = post(self.url() + "/v1/auth/refresh", body)
            say(socket, "auth", "a2", token=pair["access_token"])
            heard(socket, lambda message: message["payload"].get("in_reply_to") == "a2")
            post(self.url() + "/v1/auth/logout", {"refresh_token": pair["refresh_token"]})
            assert closed(socket) == (1008, "Session revoked")


def say(socket, kind, id, **payload):
    socket.send(json.dumps({"type": kind, "id": id, "payload": payload}))


def heard(socket, wanted):
    """The first message that is wanted and was not asked for before; what came before it is kept for later."""
    kept = vars(socket).setdefault("set_aside", [])
    for message in kept:
        if wanted(message):
            kept.remove(message)
            return message
    while not wanted(message := json.loads(socket.recv(timeout=STEP_TIMEOUT))):
        kept.append(message)
    return message


def closed(socket):
    """Reads until the server closes; gives the close's code and reason."""
    try:
        while True:
            socket.recv(timeout=STEP_TIMEOUT)
    except ConnectionClosed as close:
        return close.rcvd and (close.rcvd.code, close.rcvd.reason)
