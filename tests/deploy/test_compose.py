"""docker-compose.yml: it means what it says, nothing runs with more rights than it needs, and no secret is in it."""

import importlib.util
import json
import re
from pathlib import Path

import pytest
from conftest import DEPLOY, ROOT, SERVICES, run

# The program itself: its wrapper hides failures.
COMPOSE = Path(importlib.util.find_spec("compose").origin).with_name("docker-compose")
OBSERVABILITY = {"collector", "traces", "prometheus", "grafana"}


@pytest.fixture(scope="module")
def compose(tmp_path_factory):
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path_factory.mktemp("home"))}
    flags = ("-f", ROOT / "docker-compose.yml", "--profile", "observability")
    return json.loads(run(COMPOSE, *flags, "config", "--format", "json", env=environment))


def test_it_is_complete(compose):
    assert set(compose["services"]) == {"proxy", *SERVICES, "redis", "postgres"} | OBSERVABILITY
    assert compose["services"]["edge"]["deploy"]["replicas"] == 2
    profiles = {name for name, service in compose["services"].items() if service.get("profiles")}
    assert profiles == OBSERVABILITY


def test_everything_is_hardened_and_limited(compose):
    for name, service in compose["services"].items():
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert int(service["mem_limit"]) > 0 and service["cpus"] and service["pids_limit"], name
        assert re.search(r":(v?\d|\w+)", service["image"]) and not service["image"].endswith(":latest"), name


def test_it_starts_in_order(compose):
    services = compose["services"]
    for name in ("proxy", *SERVICES):
        for before, how in services[name]["depends_on"].items():
            # Redis may come later: without it everything works, and joins it when it comes.
            wanted = "service_started" if before == "redis" else "service_healthy"
            assert how["condition"] == wanted, (name, before)
            ours = services[before]["image"].startswith("recipe-chat:")
            assert ours or "healthcheck" in services[before], f"nobody can tell whether {before} is healthy"
    for name in ("auth", "chat"):
        listens = {"auth": "127.0.0.1:50051", "chat": "127.0.0.1:50052"}[name]
        assert services[name]["environment"]["HEALTH_GRPC"] == listens


def test_settings_exist(compose, is_known):
    for name in SERVICES:
        assert compose["services"][name]["command"] == [name]
        for setting in compose["services"][name]["environment"]:
            assert is_known(name, setting), f"{name} does not know {setting}"


def test_secrets_come_from_files_that_git_ignores(compose, tmp_path):
    script = tmp_path / "deploy" / "create-secrets"
    script.parent.mkdir()
    script.write_text((DEPLOY / "create-secrets").read_text())
    run("sh", script)
    made = {path.name for path in (tmp_path / "deploy" / "secrets").iterdir()}
    wanted = {Path(secret["file"]).name for secret in compose["secrets"].values()}
    assert wanted <= made
    run("git", "-C", ROOT, "check-ignore", "-q", "deploy/secrets/redis-url")
    for secret in compose["secrets"].values():
        assert Path(secret["file"]).parent == DEPLOY / "secrets"
    before = {name: (tmp_path / "deploy" / "secrets" / name).read_text() for name in made}
    run("sh", script)
    assert before == {name: (tmp_path / "deploy" / "secrets" / name).read_text() for name in made}
    assert len(set(before.values())) == len(before)


def test_no_setting_holds_a_secret(compose):
    for name, service in compose["services"].items():
        for setting, value in (service.get("environment") or {}).items():
            secret = re.search("PASSWORD(?!_THREADS)|SECRET|TOKEN|DATABASE_URL|REDIS_URL", setting)
            assert not secret or value.startswith("/run/secrets/"), (name, setting)


def test_only_the_proxy_and_grafana_are_reached_from_outside(compose):
    published = {name for name, service in compose["services"].items() if service.get("ports")}
    assert published == {"proxy", "grafana"}
    assert compose["networks"]["back"]["internal"]
    for name in ("auth", "chat", "redis", "postgres"):
        assert set(compose["services"][name]["networks"]) == {"back"}


def test_an_edge_believes_only_the_proxy_and_limits_by_the_address_that_it_tells(compose):
    edge = compose["services"]["edge"]["environment"]
    (front,) = compose["networks"]["front"]["ipam"]["config"]
    assert edge["EDGE_TRUSTED_PROXIES"] == front["subnet"]
    assert {name for name, service in compose["services"].items() if "front" in service["networks"]} == {"proxy", "edge"}
    limits = [setting for setting in edge if re.search("MAX_|RATE", setting)]
    assert limits == ["EDGE_MAX_CONNECTIONS"], "the other limits are the usual ones"
    memory = int(compose["services"]["edge"]["mem_limit"])
    assert int(edge["EDGE_MAX_CONNECTIONS"]) * (15 << 10) <= 0.8 * memory, "an idle connection takes 15 KiB"
    proxy = (DEPLOY / "proxy/nginx.conf").read_text()
    told = dict(re.findall(r'proxy_set_header ((?:X-)?Forwarded\S*) "?(.*?)"?;', proxy))
    names = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Forwarded")
    # All that an edge would believe is set anew or taken out.
    assert told == dict(zip(names, ("$client_address", "$client_scheme", "", ""), strict=True))
    assert proxy.count("proxy_set_header") == 3 + len(names), "a location with headers of its own has none of the server's"


def test_operators_have_a_token(compose, known_environment):
    auth = compose["services"]["auth"]
    assert auth["environment"]["AUTH_OPERATOR_TOKEN_FILE"] == "/run/secrets/operator-token"
    assert "operator-token" in [secret["source"] for secret in auth["secrets"]]
    assert "AUTH_OPERATOR_TOKEN_FILE" in known_environment["auth"] & known_environment["sessions"]


def test_services_prove_themselves(compose):
    for name in SERVICES:
        service = compose["services"][name]
        assert service["environment"]["SERVICE_TOKEN_FILE"] == "/run/secrets/service-token"
        assert "service-token" in [secret["source"] for secret in service["secrets"]]


def test_the_proxy_lets_a_whole_recipe_through():
    proxy = (DEPLOY / "proxy/nginx.conf").read_text()
    assert int(re.search(r"client_max_body_size (\d+)k;", proxy)[1]) > 512


def test_the_proxy_may_have_its_processes(compose):
    proxy = (DEPLOY / "proxy/nginx.conf").read_text()
    workers = int(re.search(r"^worker_processes (\d+);", proxy, re.MULTILINE)[1])
    assert workers < compose["services"]["proxy"]["pids_limit"]


def test_an_edge_may_drain(compose):
    assert compose["services"]["edge"]["stop_grace_period"] == "30s"


def test_mounted_files_are_there(compose):
    for service in compose["services"].values():
        for volume in service.get("volumes", []):
            assert volume["type"] != "bind" or Path(volume["source"]).exists(), volume


def test_redis_forgets_nothing_by_itself(compose):
    entrypoint = compose["services"]["redis"]["entrypoint"]
    assert entrypoint[entrypoint.index("--maxmemory-policy") + 1] == "noeviction"
