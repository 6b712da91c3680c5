"""deploy/observability: the rules hold, and every query names a metric that a running process really offers."""

import json
import re

import promql_parser
import pytest
import yaml
from conftest import DEPLOY, ROOT, SERVICES, run
from stack import Stack

HOME = DEPLOY / "observability"
# What there must be, with the labels that tell its kinds apart.
WANTED = {
    "edge_connections": {"state"},
    "edge_closes_total": {"code", "reason"},
    "edge_handshake_duration_seconds_count": set(),
    "edge_auth_required_lateness_seconds_count": {"by"},
    "edge_reauth_answer_duration_seconds_count": set(),
    "edge_revocation_to_close_duration_seconds_count": set(),
    "edge_rooms": set(),
    "edge_fan_out_duration_seconds_count": set(),
    "edge_messages_total": {"outcome"},
    "edge_link_up": set(),
    "deadline_redis_up": set(),
    "deadline_claim_lateness_seconds_count": set(),
    "chat_messages_total": {"outcome"},
    "chat_commit_messages_count": set(),
    "chat_commit_duration_seconds_count": set(),
    "grpc_client_calls_total": {"method", "outcome"},
    "grpc_client_call_duration_seconds_count": {"method"},
    "redis_round_trip_duration_seconds_count": {"outcome"},
}
# An issuer that nobody asks tokens of: it is there for its metrics.
TRUSTED = "name=corp,url=http://127.0.0.1:9,audience=cook,max_life=40s"
# How the names of our own metrics begin.
OURS = ("edge_", "auth_", "chat_", "deadline_", "grpc_client_", "redis_", "database_")
# Made by Prometheus itself.
OWN = {"up", "ALERTS"}
# Offered where the databases are in PostgreSQL: `the_pool_of_connections_is_measured` has one.
OF_POSTGRESQL = {"database_pool_connections", "database_pool_max_connections"}


@pytest.fixture(scope="module")
def exposed(binary, tmp_path_factory):
    """What each process tells Prometheus, after a client has done what makes all metrics appear."""
    with Stack(binary, tmp_path_factory.mktemp("stack"), AUTH_TRUSTED_ISSUERS=TRUSTED) as stack:
        stack.live_a_life()
        return stack.metrics_with(WANTED)


@pytest.fixture(scope="module")
def offered(exposed):
    """The names of all metrics."""
    return {name: set(re.findall(r"^(\w+)[{ ]", text, re.MULTILINE)) for name, text in exposed.items()}


@pytest.fixture(scope="module")
def all_offered(offered):
    return set().union(*offered.values())


def names_in(query):
    """The metrics that a query reads. Grafana's variables stand for durations."""
    expression = promql_parser.parse(query.replace("$__rate_interval", "5m"))
    found = set()
    visit(expression, found)
    return found


def visit(node, found):
    if isinstance(node, promql_parser.VectorSelector):
        found.add(node.name)
    for attribute in ("expr", "lhs", "rhs", "param", "vector_selector", "vs"):
        if (child := getattr(node, attribute, None)) is not None:
            visit(child, found)
    for child in getattr(node, "args", None) or []:
        visit(child, found)


def rules():
    for file in ("rules.yaml", "alerts.yaml"):
        for group in yaml.safe_load((HOME / file).read_text())["groups"]:
            yield from group["rules"]


def alerts():
    return [rule for rule in rules() if "alert" in rule]


def panels():
    board = json.loads((HOME / "grafana/dashboards/recipe-chat.json").read_text())
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def test_everything_that_is_wanted_is_measured(exposed):
    series = re.findall(r"^(\w+)(?:\{(.*)\})? ", "\n".join(exposed.values()), re.MULTILINE)
    labels = {name: set(re.findall(r'(\w+)="', text)) for name, text in series}
    for name, wanted in WANTED.items():
        assert name in labels and wanted <= labels[name], (name, labels.get(name))


def test_prometheus_takes_its_configuration():
    run("promtool", "check", "config", HOME / "prometheus.yaml")


def test_the_alerts_fire_when_they_should():
    run("promtool", "test", "rules", "alerts.test.yaml", cwd=HOME)


def test_every_alert_is_tested():
    tests = (HOME / "alerts.test.yaml").read_text()
    assert [rule["alert"] for rule in alerts() if rule["alert"] not in tests] == []


def test_every_alert_has_its_page():
    page = (ROOT / "docs/alerts.md").read_text()
    headings = {heading.lower() for heading in re.findall(r"^## (\w+)$", page, re.MULTILINE)}
    for rule in alerts():
        assert rule["annotations"]["runbook"] == f"docs/alerts.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in {"page", "ticket"}
    assert headings == {rule["alert"].lower() for rule in alerts()}


def test_rules_read_what_there_is(all_offered):
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    for rule in rules():
        assert names_in(rule["expr"]) <= all_offered | recorded | OWN, rule


def test_the_dashboard_reads_what_there_is(all_offered):
    assert panels()
    for panel in panels():
        for target in panel["targets"]:
            names = names_in(target["expr"])
            assert names and names <= all_offered | OWN | OF_POSTGRESQL, (panel["title"], names - all_offered)


def test_the_dashboard_shows_everything(offered):
    shown = set().union(*(names_in(target["expr"]) for panel in panels() for target in panel["targets"]))
    families = {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in shown}
    for service in SERVICES:
        names = {name for name in offered[service] if name.startswith(OURS)}
        unseen = {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in names} - families
        assert unseen <= {"edge_sessions", "edge_draining"}, f"nobody sees {unseen}"


def test_the_panels_do_not_overlap():
    places = set()
    for panel in panels():
        grid = panel["gridPos"]
        for x in range(grid["x"], grid["x"] + grid["w"]):
            for y in range(grid["y"], grid["y"] + grid["h"]):
                assert (x, y) not in places, panel["title"]
                places.add((x, y))


def test_prometheus_finds_every_service():
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    jobs = yaml.safe_load((HOME / "prometheus.yaml").read_text())["scrape_configs"]
    assert {job["job_name"] for job in jobs} == set(SERVICES)
    for job in jobs:
        (names,) = [config["names"] for config in job["dns_sd_configs"]]
        assert names == [job["job_name"]] and job["job_name"] in compose["services"]


def test_the_collector_joins_up():
    collector = yaml.safe_load((HOME / "collector.yaml").read_text())
    for pipeline in collector["service"]["pipelines"].values():
        for part in ("receivers", "processors", "exporters"):
            assert set(pipeline.get(part, [])) <= set(collector.get(part, {}))
    host, port = collector["exporters"]["otlp/traces"]["endpoint"].split(":")
    assert host in yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"] and port == "4317"
