"""Traces over OTLP, as a real collector gets them: Rotel, a program of somebody else's, which prints every span."""

import contextlib
import importlib.util
import re
import socket
import ssl
import subprocess
import threading
from collections import Counter
from pathlib import Path

import pytest
from conftest import run
from stack import Stack, connect, free_port, heard, listens, post, say, until

ROTEL = Path(importlib.util.find_spec("rotel").origin).with_name("rotel-agent")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
VALIDATE = "/recipechat.auth.v1.AuthService/ValidateToken"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"


@contextlib.contextmanager
def collector(folder):
    """Takes spans over OTLP/gRPC at a port, and gives what it printed so far."""
    port, unused = free_port(), free_port()
    printed = folder / "spans"
    command = [ROTEL, "start", "--exporter", "blackhole", "--debug-log", "traces", "--debug-log-verbosity", "detailed"]
    command += ["--otlp-grpc-endpoint", f"127.0.0.1:{port}", "--otlp-http-endpoint", f"127.0.0.1:{unused}"]
    with printed.open("w") as output, subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as process:
        try:
            until("the collector", lambda: listens(port))
            yield port, printed.read_text
        finally:
            process.kill()


@pytest.fixture(scope="module")
def traced(binary, tmp_path_factory):
    """What the collector printed after a client signed in and said two things, the first in a trace of its own."""
    folder = tmp_path_factory.mktemp("traces")
    with collector(folder) as (port, printed):
        # Without much delay.
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}", "OTEL_BSP_SCHEDULE_DELAY": "100"}
        with Stack(binary, folder, **environment) as stack:
            account = {"username": "ada", "password": "correct horse battery", "refresh": "body"}
            pair = post(stack.url() + "/v1/auth/register", account)
            stack.make_recipe("soup", pair["access_token"])
            with connect(f"ws://127.0.0.1:{stack.ports['edge']}/v1/chat/soup") as socket:
                for kind, name, payload in (
                    ("auth", "a1", {"token": pair["access_token"], "traceparent": TRACEPARENT}),
                    ("chat_message", "m1", {"content": "add 2 eggs", "traceparent": TRACEPARENT}),
                    ("chat_message", "m2", {"content": "add 1 cup milk"}),
                ):
                    say(socket, kind, name, **payload)
                    heard(socket, lambda message, name=name: message["payload"].get("in_reply_to") == name)
            # What ends last in each process, each of which sends for itself.
            last = {("edge", "connection"): 1, ("chat", "post"): 2, ("auth", VALIDATE): 2}
            until("all spans", lambda: all(count(printed())[span] == times for span, times in last.items()))
            yield printed(), (pair["access_token"], pair["refresh_token"], account["password"])


def spans(printed):
    """Service, name and trace of each span: a resource is printed before its spans, a trace before its name."""
    service = trace = None
    for line in printed.splitlines():
        if found := re.search(r"-> service\.name: Str\((.*)\)", line):
            service = found[1]
        elif found := re.match(r" +Trace ID +: (\w+)", line):
            trace = found[1]
        elif found := re.match(r" +Name +: (.+)", line):
            yield service, found[1].strip(), trace


def count(printed, trace=None):
    return Counter((service, name) for service, name, of in spans(printed) if trace in (None, of))


def test_one_trace_runs_from_the_clients_message_to_the_commit_and_the_fan_out(traced):
    found = count(traced[0], TRACE)
    once = {
        ("edge", "auth"),
        ("auth", VALIDATE),
        ("chat", "join"),
        ("edge", "message"),
        ("chat", "post"),
        ("chat", "commit"),
        ("edge", "fan_out"),
    }
    assert {one: found[one] for one in once} == dict.fromkeys(once, 1)
    # The recipe is joined, then the message is looked for and written.
    assert found["chat", "store"] >= 3


def test_a_message_without_a_trace_begins_one(traced):
    traces = {trace for _, name, trace in spans(traced[0]) if name == "message"}
    assert len(traces) == 2
    (own,) = traces - {TRACE}
    assert count(traced[0], own)["chat", "commit"] == 1
    # It is not that of the connection, which may live for hours.
    assert count(traced[0], own)["edge", "connection"] == 0


def test_traces_hold_no_secret(traced):
    printed, secrets = traced
    for secret in secrets:
        assert all(part not in printed for part in secret.split(".") if len(part) > 40 or part == secret)


def pass_on(source, sink):
    """Everything that one side says, until either is gone."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def tls_in_front(folder, port):
    """Ends TLS before a port, under a certificate for 127.0.0.1; gives its own port and the file of its authority."""
    certificate, key = folder / "collector.crt", folder / "collector.key"
    # Not for signing others: such a certificate is refused as a server's own.
    names = ("-subj", "/CN=collector", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE")
    run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-keyout", key, "-out", certificate, *names)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2"])
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with contextlib.suppress(OSError):
            while True:
                plain, _ = listener.accept()
                threading.Thread(target=begin, args=(plain,), daemon=True).start()

    def begin(plain):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)) as behind:
            with context.wrap_socket(plain, server_side=True) as front:
                threading.Thread(target=pass_on, args=(behind, front), daemon=True).start()
                pass_on(front, behind)

    threading.Thread(target=serve, daemon=True).start()
    with listener:
        yield listener.getsockname()[1], certificate


def test_traces_go_over_tls_to_a_collector_of_a_known_authority(binary, tmp_path):
    with collector(tmp_path) as (port, printed), tls_in_front(tmp_path, port) as (tls_port, authority):
        endpoint = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"https://127.0.0.1:{tls_port}", "OTEL_BSP_SCHEDULE_DELAY": "100"}
        with Stack(binary, tmp_path, **endpoint, SSL_CERT_FILE=str(authority)) as stack:
            post(stack.url() + "/v1/auth/register", {"username": "ada", "password": "correct horse battery"})
            until("a span", lambda: any(service == "auth" for service, _, _ in spans(printed())))
