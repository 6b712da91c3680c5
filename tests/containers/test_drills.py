"""What may happen to a deployment, done on purpose: edges, Redis and PostgreSQL go away or are full while two people chat.
Nothing is lost, the alert that the operators' page names fires, and all is well again afterwards."""

import contextlib
import json

import pytest
from stack import (
    ADDRESS,
    call,
    compose,
    containers,
    docker,
    goes_on,
    healthy,
    make_recipe,
    metric,
    readiness,
    redis_cli,
    register,
    to_mend,
    until,
)
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

MEBIBYTE = 1 << 20


def test_one_edge_is_killed(people, alerts):
    edge = containers("edge")[0]
    docker("kill", edge)
    goes_on(people)
    alerts.await_firing("ReplicaMissing", job="edge")
    docker("start", edge)
    until("both edges", lambda: healthy("edge", 2))
    alerts.await_silence("ReplicaMissing", job="edge")


def test_redis_is_restarted(people):
    compose("restart", "--timeout", "0", "redis")
    until("Redis", lambda: healthy("redis", 1))
    goes_on(people)
    until("both edges", lambda: healthy("edge", 2))


def test_edges_start_while_redis_is_away(people, alerts):
    compose("stop", "--timeout", "0", "redis")
    for edge in containers("edge"):
        docker("restart", "--time", "30", edge)
        until("both edges", lambda: healthy("edge", 2))
    goes_on(people)
    with joined() as session:
        for edge in containers("edge"):
            assert readiness(edge)["degraded"] is True
        alerts.await_firing("RedisDown")
        compose("start", "redis")
        until("Redis", lambda: healthy("redis", 1))
        until_redis_is_used()
        until("the session in Redis", lambda: is_scheduled(session))
    alerts.await_silence("RedisDown")


def test_redis_is_full(people, alerts):
    """As the page on Redis says: nobody is closed, newcomers come in, and with more memory all is as before."""
    at_most = int(redis_cli("CONFIG", "GET", "maxmemory").split()[1])
    redis_cli("SETRANGE", "filler", str(at_most - 4 * MEBIBYTE), "x")
    redis_cli("SETRANGE", "filler2", str(4 * MEBIBYTE), "x")
    with contextlib.ExitStack() as stack:
        stack.callback(redis_cli, "CONFIG", "SET", "maxmemory", str(at_most))
        stack.callback(redis_cli, "DEL", "filler", "filler2")
        for edge in containers("edge"):
            until("OOM to be told", lambda: readiness(edge).get("redis_problem", "").startswith("OOM: "))
            assert metric(edge, 9464, "deadline_redis_problem", 'cause="OOM"') == 1
        assert any("redis" in line and "memory" in line for line in to_mend()), to_mend()
        goes_on(people)
        session = stack.enter_context(joined())
        assert not is_scheduled(session)
        logout_closes_connections()
        alerts.await_firing("RedisFull")

        redis_cli("CONFIG", "SET", "maxmemory", str(at_most + 32 * MEBIBYTE))
        until_redis_is_used()
        until("the session in Redis", lambda: is_scheduled(session))
        alerts.await_silence("RedisFull")


def test_postgresql_is_restarted(people):
    compose("restart", "postgres")
    until("PostgreSQL", lambda: healthy("postgres", 1))
    goes_on(people)


def test_postgresql_is_away(people, alerts):
    """Who is there stays there, and nobody is told that a message was taken which was not."""
    with joined():
        compose("stop", "postgres")
        alerts.await_firing("StoreDown")
        connections = [person.connections for person in people]
        compose("start", "postgres")
        until("PostgreSQL", lambda: healthy("postgres", 1))
        goes_on(people)
    assert [person.connections for person in people] == connections, "somebody was sent away"
    alerts.await_silence("StoreDown")


@contextlib.contextmanager
def joined(token=None):
    """Somebody comes to a recipe of their own: the id of the session."""
    token = token or register()
    with connection(token) as socket:
        yield welcome(socket, token)["payload"]["session"]["id"]


def connection(token, name="a-recipe-of-newcomers"):
    make_recipe(name, token)
    return connect(f"ws://{ADDRESS}/v1/chat/{name}")


def welcome(socket, token):
    socket.send(json.dumps({"type": "auth", "id": "auth", "payload": {"token": token}}))
    return json.loads(socket.recv(timeout=10))


def logout_closes_connections():
    """On both edges, by the stream from auth."""
    token = register()
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(connection(token)) for _ in range(8)]
        for socket in sockets:
            welcome(socket, token)
        call("/v1/auth/logout", {}, {"authorization": f"Bearer {token}"})
        for socket in sockets:
            with pytest.raises(ConnectionClosed) as closed:
                while True:
                    socket.recv(timeout=10)
            assert closed.value.rcvd.reason == "Session revoked"


def is_scheduled(session):
    return redis_cli("--scan", "--pattern", f"*:session:{session}") != ""


def until_redis_is_used():
    for edge in containers("edge"):
        until("the edge to use Redis", lambda: readiness(edge)["redis"] is True)
