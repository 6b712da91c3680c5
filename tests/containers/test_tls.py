"""Compose behind TLS, as the operators' page says: a real Caddy on the machine ends it, with the page's own settings. Then
people are known by their own addresses, cookies are for TLS alone, and WebSockets come through."""

import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import textwrap
import uuid
from pathlib import Path

import pytest
from stack import compose, docker, until, up
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

HOST = "cook.example"
ONE, OTHER = "203.0.113.7", "203.0.113.8"
CADDY = "recipe-chat-test-caddy"
PAGE = Path(__file__, "../../../docs/operations.md").resolve()
TRUSTED = Path("deploy/proxy/trusted-proxies.conf")
SIGN_INS = 30


@pytest.fixture(scope="module")
def trust(tmp_path_factory):
    """The stack behind Caddy; what trusts Caddy's certificate."""
    section = PAGE.read_text().split("**Compose behind TLS.**")[1].split("\n### ")[0]
    site, line = (textwrap.dedent(block) for block in re.findall(r"(?:^    .*\n)+", section, re.MULTILINE))
    assert site.startswith(HOST)
    # A certificate of an authority of its own: nobody outside vouches for a name of a test.
    site = site.replace("{\n", "{\n    tls internal\n", 1)
    folder = tmp_path_factory.mktemp("caddy")
    (folder / "Caddyfile").write_text("{\n    skip_install_trust\n}\n" + site)
    shipped = TRUSTED.read_text()
    for address in (ONE, OTHER):
        subprocess.run(["ip", "address", "replace", f"{address}/32", "dev", "lo"], check=True)
    try:
        # In its place: the file is mounted by what it is, not by its name.
        TRUSTED.write_text(shipped + line)
        os.environ["RECIPE_CHAT_PUBLIC_URL"] = f"https://{HOST}"
        up()
        compose("restart", "proxy")
        mounts = ("--volume", f"{folder}:/etc/caddy:ro", "--env", "XDG_DATA_HOME=/tmp")
        command = ("caddy", "run", "--config", "/etc/caddy/Caddyfile")
        docker("run", "--detach", "--name", CADDY, "--network", "host", *mounts, "recipe-chat-tests/servers", *command)
        until("Caddy's authority", lambda: authority() != "")
        context = ssl.create_default_context(cadata=authority())
        until("Caddy's certificate", lambda: request(context, ONE, "GET", "/healthz").status == 200)
        yield context
    finally:
        subprocess.run(["docker", "rm", "--force", CADDY], capture_output=True, check=False)
        TRUSTED.write_text(shipped)
        os.environ.pop("RECIPE_CHAT_PUBLIC_URL", None)
        up()
        compose("restart", "proxy")


def authority():
    root = "/tmp/caddy/pki/authorities/local/root.crt"
    shown = subprocess.run(["docker", "exec", CADDY, "cat", root], capture_output=True, text=True, check=False)
    return shown.stdout


def line_from(source):
    return socket.create_connection(("127.0.0.1", 443), timeout=10, source_address=(source, 0))


def request(context, source, method, path, body=None, **headers):
    """What somebody at this address is answered over TLS."""
    line = http.client.HTTPConnection(HOST, timeout=10)
    line.sock = context.wrap_socket(line_from(source), server_hostname=HOST)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    line.request(method, path, json.dumps(body) if body else None, {"content-type": "application/json"} | names)
    answer = line.getresponse()
    answer.text = answer.read().decode()
    line.close()
    return answer


def register(context, source):
    account = {"username": f"ada-{uuid.uuid4().hex[:8]}", "password": uuid.uuid4().hex}
    answer = request(context, source, "POST", "/v1/auth/register", account)
    assert answer.status == 201, answer.text
    return answer


def test_cookies_are_for_tls_alone_and_browsers_are_told_to_stay_there(trust):
    answer = register(trust, ONE)
    assert answer.getheader("strict-transport-security")
    cookies = answer.headers.get_all("set-cookie")
    (refresh,) = (cookie for cookie in cookies if cookie.startswith("__Host-") and "refresh=" in cookie)
    assert all("; Secure" in cookie and "; HttpOnly" in cookie for cookie in cookies), cookies
    refreshed = request(trust, ONE, "POST", "/v1/auth/refresh", {}, Cookie=refresh.split(";")[0])
    assert refreshed.status == 200, refreshed.text


def test_a_chat_goes_over_wss_and_from_no_other_origin(trust):
    token = json.loads(register(trust, ONE).text)["access_token"]
    recipe = {"id": f"soup-{uuid.uuid4().hex[:8]}", "title": "Soup", "visibility": "open"}
    made = request(trust, ONE, "POST", "/v1/recipes", recipe, Authorization=f"Bearer {token}")
    assert made.status == 201, made.text
    with chat(trust, recipe["id"], f"https://{HOST}") as here:
        say(here, "auth", {"token": token})
        assert answered(here)["payload"]["recipe"]["title"] == "Soup"
        say(here, "chat_message", {"content": "add 2 eggs"})
        assert answered(here)["payload"]["message"]["content"] == "add 2 eggs"
    with pytest.raises(InvalidStatus) as refused:
        chat(trust, recipe["id"], "https://evil.example")
    assert refused.value.response.status_code == 403


def chat(context, recipe, origin):
    address = f"wss://{HOST}/v1/chat/{recipe}"
    return connect(address, sock=line_from(ONE), ssl=context, server_hostname=HOST, origin=origin)


def say(line, kind, payload):
    line.send(json.dumps({"type": kind, "id": kind, "payload": payload}))


def answered(line):
    while True:
        message = json.loads(line.recv(timeout=10))
        if "in_reply_to" in message["payload"]:
            return message


def test_limits_are_by_each_persons_own_address_whatever_they_claim(trust):
    statuses = {sign_in(trust, ONE, f"198.51.100.{attempt}") for attempt in range(SIGN_INS + 5)}
    assert statuses == {401, 429}
    assert sign_in(trust, OTHER, ONE) == 401
    assert f'"{ONE}"' in compose("logs", "--no-log-prefix", "edge"), "the log tells another address"


def sign_in(context, source, claimed):
    body = {"username": f"nobody-{uuid.uuid4().hex[:8]}", "password": "not a password"}
    return request(context, source, "POST", "/v1/auth/login", body, X_Forwarded_For=claimed).status


def test_no_other_host_is_answered_and_nothing_in_clear(trust):
    line = http.client.HTTPConnection("127.0.0.1", 80, timeout=10)
    line.request("GET", "/v1/recipes", headers={"host": HOST})
    answer = line.getresponse()
    assert answer.status == 308 and answer.getheader("location") == f"https://{HOST}/v1/recipes"
    line = http.client.HTTPConnection("127.0.0.1", 8080, timeout=10)
    line.request("GET", "/v1/recipes", headers={"host": "evil.example"})
    assert line.getresponse().status == 421
