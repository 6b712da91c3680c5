"""A stack of the first build with compose gets the files of this one, as its operator would do it: the same folder, the same
secrets, the same volume. Two chat through it; whatever was there before is there afterwards."""

import http.cookies
import json
import os
import shutil
import subprocess
import urllib.request
import uuid
from pathlib import Path

import pytest
from stack import ADDRESS, Person, call, check_history, compose, containers, docker, goes_on, to_mend, until, up
from websockets.sync.client import connect

# The folder with the older build's compose file, deploy/ and binary; `run` makes it where that build is at hand.
OLDER = os.environ.get("RECIPE_CHAT_OLDER_FOLDER")
PASSWORD = "correct horse battery"

pytestmark = pytest.mark.skipif(not OLDER, reason="the older build is not at hand")


@pytest.fixture
def older():
    """The older build's stack, with nothing in it yet; this process goes on in its folder."""
    compose("--profile", "observability", "down", "--volumes", "--timeout", "5")
    here = Path.cwd()
    os.chdir(OLDER)
    os.environ["RECIPE_CHAT_VERSION"] = "older"
    try:
        subprocess.run(["deploy/create-secrets"], check=True)
        compose("build", "--quiet", "auth")
        up()
        yield lambda: install_newer_over_it(here)
    finally:
        compose("down", "--volumes", "--timeout", "5")
        os.environ.pop("RECIPE_CHAT_VERSION", None)
        os.chdir(here)


def install_newer_over_it(newer):
    """What `git pull` and the two commands of the README do."""
    shutil.copytree(newer / "deploy", "deploy", dirs_exist_ok=True, ignore=shutil.ignore_patterns("secrets"))
    shutil.copy(newer / "docker-compose.yml", "docker-compose.yml")
    os.environ.pop("RECIPE_CHAT_VERSION", None)
    subprocess.run(["deploy/create-secrets"], check=True)
    up()


def test_everything_is_there_after_the_upgrade(older):
    name = f"ada-{uuid.uuid4().hex[:8]}"
    token, cookie = sign("register", name)
    recipe = f"soup-{uuid.uuid4().hex[:8]}"
    before = change_recipe(recipe, token)
    people = [Person(recipe, sign("register", f"{who}-{uuid.uuid4().hex[:8]}")[0]) for who in ("bob", "eve")]
    for person in people:
        person.start()
    until("both to be heard", lambda: all(len(person.accepted) >= 3 for person in people))

    assert images() == {"recipe-chat:older"}
    older()
    assert images() == {"recipe-chat:dev"}

    goes_on(people)
    after = call(f"/v1/recipes/{recipe}", None, {"authorization": f"Bearer {token}"})["recipe"]
    for field in ("title", "servings", "ingredients", "steps"):
        assert after[field] == before[field], field
    # Tokens of before count, the login goes on under its old cookie, and the password is the same.
    refreshed = call("/v1/auth/refresh", {}, {"cookie": cookie})
    assert refreshed["user"]["name"] == name
    assert sign("login", name)[0]
    sessions = compose("exec", "-T", "auth", "recipe-chat", "sessions", "list", name)
    assert sessions.count(name) == 2, sessions
    assert to_mend() == []
    for person in people:
        person.leave()
    check_history(recipe, people)


def images():
    """What the services run."""
    names = [name for service in ("edge", "auth", "chat") for name in containers(service)]
    return {docker("inspect", "--format", "{{.Config.Image}}", name).strip() for name in names}


def sign(how, name):
    """The access token and the cookie of whoever signs up or in."""
    body = json.dumps({"username": name, "password": PASSWORD}).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(f"http://{ADDRESS}/v1/auth/{how}", body, headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        cookies = http.cookies.SimpleCookie("; ".join(answer.headers.get_all("set-cookie")))
        cookie = "; ".join(f"{key}={cookie.value}" for key, cookie in cookies.items())
        return json.loads(answer.read())["access_token"], cookie


def change_recipe(recipe, token):
    """Some changes by messages; the recipe after them."""
    with connect(f"ws://{ADDRESS}/v1/chat/{recipe}") as line:
        for number, (kind, payload) in enumerate(
            [
                ("auth", {"token": token}),
                ("chat_message", {"content": "title: Onion soup"}),
                ("chat_message", {"content": "add 2 eggs"}),
                ("chat_message", {"content": "add step: Fry the onions"}),
            ]
        ):
            line.send(json.dumps({"type": kind, "id": f"m{number}", "payload": payload}))
            while True:
                message = json.loads(line.recv(timeout=10))
                if message["payload"].get("in_reply_to") == f"m{number}":
                    assert message["type"] == "recipe_update", message
                    break
    recipe = call(f"/v1/recipes/{recipe}", None, {"authorization": f"Bearer {token}"})["recipe"]
    assert recipe["ingredients"] and recipe["steps"], recipe
    return recipe
