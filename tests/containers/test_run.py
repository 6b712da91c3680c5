"""Recipe Chat as docker-compose.yml runs it, from outside: both edges are used, limits are by the client, operators' doors are
closed to others, and replicas come and go."""

import contextlib
import http.client
import json
import subprocess
import urllib.error
import urllib.request
import uuid

import pytest
from stack import (
    ADDRESS,
    address_of,
    call,
    compose,
    connections_of,
    containers,
    docker,
    goes_on,
    healthy,
    make_recipe,
    metric,
    register,
    to_mend,
    until,
)
from websockets.sync.client import connect


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
    assert to_mend() == []


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
