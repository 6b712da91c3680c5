"""deploy/proxy/nginx.conf, run by a real nginx before a real edge: who the client is, and whether it came over TLS."""

import contextlib
import http.client
import json
import re
import shutil
import subprocess

import pytest
from conftest import DEPLOY, ROOT
from stack import Stack, free_port, listens, until

SIGN_INS = 30


@contextlib.contextmanager
def proxy(folder, upstream, trusted):
    """The shipped configuration, with this machine's ports and folder, and what it believes."""
    port = free_port()
    text = (DEPLOY / "proxy/nginx.conf").read_text()
    for shipped, here in (
        ("listen 8080;", f"listen 127.0.0.1:{port};"),
        ("http://edge:8080", f"http://127.0.0.1:{upstream}"),
        ("/tmp/", f"{folder}/"),
    ):
        assert shipped in text
        text = text.replace(shipped, here)
    (folder / "nginx.conf").write_text(text)
    (folder / "trusted-proxies.conf").write_text((DEPLOY / "proxy/trusted-proxies.conf").read_text() + trusted)
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin")
    command = [program, "-c", folder / "nginx.conf", "-p", folder, "-g", "daemon off;"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            until("nginx", lambda: listens(port))
            yield port
        finally:
            process.terminate()


@pytest.fixture(scope="module")
def edge(binary, tmp_path_factory):
    with Stack(binary, tmp_path_factory.mktemp("stack"), EDGE_TRUSTED_PROXIES="127.0.0.0/8") as stack:
        yield stack.ports["edge"]


def call(port, path, body, **headers):
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as line:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        line.request("POST", path, json.dumps(body), {"content-type": "application/json"} | names)
        answer = line.getresponse()
        answer.read()
        return answer


def sign_in(port, client):
    body = {"username": "nobody", "password": "correct horse battery"}
    return call(port, "/v1/auth/login", body, X_Forwarded_For=client, X_Forwarded_Proto="https").status


def test_who_ends_tls_in_front_is_believed_when_it_is_named(edge, tmp_path):
    with proxy(tmp_path, edge, "127.0.0.1 1;\n") as port:
        account = {"username": "ada", "password": "correct horse battery"}
        told = {"X_Forwarded_For": "203.0.113.1", "X_Forwarded_Proto": "https"}
        answer = call(port, "/v1/auth/register", account, **told)
        assert answer.status == 201
        cookies = [cookie for name, cookie in answer.getheaders() if name.lower() == "set-cookie"]
        refresh = next(cookie for cookie in cookies if "refresh" in cookie)
        assert refresh.startswith("__Host-") and "; Secure" in refresh
        assert answer.getheader("strict-transport-security")
        # Each client has its own limit, by the last address of the list: what stands before it is a client's own word.
        spent = [sign_in(port, f"192.0.2.{turn}, 203.0.113.7") for turn in range(SIGN_INS + 5)]
        assert spent[0] == 401 and spent[-1] == 429
        assert sign_in(port, "203.0.113.8") == 401


def test_nobody_else_is_believed(edge, tmp_path):
    with proxy(tmp_path, edge, "") as port:
        account = {"username": "bob", "password": "correct horse battery"}
        told = {"X_Forwarded_For": "203.0.113.2", "X_Forwarded_Proto": "https", "Forwarded": "for=203.0.113.2;proto=https"}
        answer = call(port, "/v1/auth/register", account, **told)
        assert answer.status == 201
        assert not [cookie for name, cookie in answer.getheaders() if name.lower() == "set-cookie" and "Secure" in cookie]
        assert answer.getheader("strict-transport-security") is None
        # Whatever they claim, they are one.
        spent = [sign_in(port, f"203.0.113.{turn}") for turn in range(SIGN_INS + 5)]
        assert spent[0] == 401 and spent[-1] == 429


def test_the_page_shows_a_program_that_ends_tls():
    page = (ROOT / "docs/operations.md").read_text()
    section = page.split("\n### Behind a proxy\n")[1].split("\n## ")[0]
    assert "reverse_proxy 127.0.0.1:8080" in section
    gateway = re.search(r"^(\S+) 1;$", section.replace("    ", ""), re.MULTILINE)[1]
    assert gateway in (DEPLOY / "proxy/trusted-proxies.conf").read_text()
