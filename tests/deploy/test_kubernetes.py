"""deploy/kubernetes: it renders, the schemas of the oldest and newest supported Kubernetes accept it, and it makes the
sense that schemas do not see."""

import ipaddress
import re
import shutil

import pytest
import yaml
from conftest import DEPLOY, ROOT, SERVICES, documents, run, tool

OVERLAYS = ("development", "production")
VERSIONS = ("1.30", "1.37")
# Of the Prometheus operator and of the Gateway API: there is no schema here for these.
CUSTOM = {"ServiceMonitor", "PrometheusRule", "HTTPRoute"}
# What an idle connection takes of an edge's memory limit, half of it the kernel's.
BYTES_PER_CONNECTION = 15 << 10


class Manifests:
    """The objects of an overlay, as they would be applied."""

    def __init__(self, text):
        self.all = documents(text)

    def of(self, kind):
        return [item for item in self.all if item["kind"] == kind]

    def named(self, kind, name):
        return next((item for item in self.of(kind) if item["metadata"]["name"] == name), None)

    def selected(self, selector):
        """The deployments whose pods a selector chooses."""
        return [d for d in self.of("Deployment") if matches(selector, d["spec"]["template"]["metadata"]["labels"])]


def matches(selector, labels):
    if not {"matchLabels", "matchExpressions"} & set(selector):
        selector = {"matchLabels": selector}
    exact = selector.get("matchLabels", {}).items() <= labels.items()
    among = all(labels.get(e["key"]) in e["values"] for e in selector.get("matchExpressions", []))
    return exact and among


def pod(deployment):
    return deployment["spec"]["template"]["spec"]


def container(deployment):
    (only,) = pod(deployment)["containers"]
    return only


def settings_of(manifests):
    """The settings that all three services share."""
    (shared,) = [item for item in manifests.of("ConfigMap") if item["metadata"]["name"] != "recipe-chat-dashboard"]
    return shared


def ports(deployment):
    return {port["name"]: port["containerPort"] for port in container(deployment)["ports"]}


def render(overlay):
    return run("kubectl", "kustomize", DEPLOY / "kubernetes/overlays" / overlay)


@pytest.fixture(scope="module", params=OVERLAYS)
def overlay(request):
    text = render(request.param)
    return request.param, text, Manifests(text)


@pytest.fixture
def manifests(overlay):
    return overlay[2]


@pytest.fixture(scope="module")
def production():
    return Manifests(render("production"))


@pytest.fixture(scope="module")
def by_gateway(tmp_path_factory):
    """The production overlay with the one line changed that it says one may change."""
    home = tmp_path_factory.mktemp("gateway") / "deploy"
    for folder in ("kubernetes", "observability"):
        shutil.copytree(DEPLOY / folder, home / folder)
    file = home / "kubernetes/overlays/production/kustomization.yaml"
    text = file.read_text()
    assert text.count("  - ../../components/ingress\n") == 1
    file.write_text(text.replace("components/ingress\n", "components/gateway\n"))
    return Manifests(run("kubectl", "kustomize", file.parent))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_schemas_accept_it(overlay, version, tmp_path):
    file = tmp_path / "all.yaml"
    file.write_text(overlay[1])
    said = run(tool("kubernetes-validate"), "--strict", "-k", version, file)
    unknown = set(re.findall(r"find schema for kind (\w+)", said))
    assert unknown <= CUSTOM, f"Kubernetes {version} has no {unknown - CUSTOM}"


def test_everything_is_there(manifests):
    for name in SERVICES:
        assert manifests.named("Deployment", name) and manifests.named("Service", name)
        assert container(manifests.named("Deployment", name))["args"] == [name]


def test_selectors_choose_their_own_pods(manifests):
    for deployment in manifests.of("Deployment"):
        assert manifests.selected(deployment["spec"]["selector"]) == [deployment]
    for service in manifests.of("Service"):
        if service["metadata"]["name"] == "nowhere":
            assert "selector" not in service["spec"]
            continue
        (chosen,) = manifests.selected(service["spec"]["selector"])
        assert chosen["metadata"]["name"] == service["metadata"]["name"]
        for port in service["spec"]["ports"]:
            assert port["targetPort"] in ports(chosen)
    for budget in manifests.of("PodDisruptionBudget"):
        assert len(manifests.selected(budget["spec"]["selector"])) == 1


def test_grpc_services_are_headless(manifests):
    for name in ("auth", "chat"):
        assert manifests.named("Service", name)["spec"]["clusterIP"] == "None"


def test_addresses_lead_to_services(manifests):
    for deployment in manifests.of("Deployment"):
        for setting in container(deployment).get("env", []):
            if address := re.fullmatch(r"https?://([a-z]+):(\d+)", setting.get("value", "")):
                service = manifests.named("Service", address[1])
                assert int(address[2]) in [port["port"] for port in service["spec"]["ports"]], setting


def test_the_ingress_leads_to_the_edge_whichever_controller_runs_it(production):
    (ingress,) = production.of("Ingress")
    assert not ingress["metadata"].get("annotations"), "annotations are of one controller"
    routes = {}
    for path in ingress["spec"]["rules"][0]["http"]["paths"]:
        service = production.named("Service", path["backend"]["service"]["name"])
        assert path["backend"]["service"]["port"]["name"] in [p["name"] for p in service["spec"]["ports"]]
        routes[path["path"]] = service["metadata"]["name"]
    assert routes == {"/": "edge", "/readyz": "nowhere"}
    assert ingress["spec"]["tls"][0]["hosts"] == [rule["host"] for rule in ingress["spec"]["rules"]]


def test_a_gateway_leads_to_the_edge_in_the_stead_of_the_ingress(by_gateway, production):
    assert not by_gateway.of("Ingress") and not production.of("HTTPRoute")
    (route,) = by_gateway.of("HTTPRoute")
    routes, endless = {}, set()
    for rule in route["spec"]["rules"]:
        (match,), (backend,) = rule["matches"], rule["backendRefs"]
        service = by_gateway.named("Service", backend["name"])
        assert backend["port"] in [port["port"] for port in service["spec"]["ports"]]
        routes[match["path"]["value"]] = backend["name"]
        if rule.get("timeouts") == {"request": "0s", "backendRequest": "0s"}:
            endless.add(match["path"]["value"])
    assert routes == {"/": "edge", "/v1/chat/": "edge", "/readyz": "nowhere"}
    assert endless == {"/v1/chat/"}, "a WebSocket outlasts every timeout of a request"
    hosts = production.of("Ingress")[0]["spec"]["tls"][0]["hosts"]
    assert route["spec"]["hostnames"] == hosts


def test_settings_exist(manifests, is_known):
    for name in SERVICES:
        deployment = container(manifests.named("Deployment", name))
        for setting in deployment.get("env", []):
            assert is_known(name, setting["name"]), f"{name} does not know {setting['name']}"
    shared = settings_of(manifests)
    for setting in shared["data"]:
        assert any(is_known(name, setting) for name in SERVICES), setting


def test_references_resolve_and_secrets_are_only_named(manifests):
    made = {item["metadata"]["name"].rpartition("-")[0] for item in manifests.of("Secret")}
    assert made <= {"recipe-chat-service"}, "only the development overlay makes one, which is no secret"
    maps = {item["metadata"]["name"] for item in manifests.of("ConfigMap")}
    accounts = {item["metadata"]["name"] for item in manifests.of("ServiceAccount")}
    for deployment in manifests.of("Deployment"):
        assert pod(deployment)["serviceAccountName"] in accounts
        volumes = {volume["name"] for volume in pod(deployment).get("volumes", [])}
        assert {mount["name"] for mount in container(deployment).get("volumeMounts", [])} <= volumes
        for source in container(deployment).get("envFrom", []):
            assert source["configMapRef"]["name"] in maps
        for setting in container(deployment).get("env", []):
            password = re.search(r"//[^/]*:[^/]*@", setting.get("value", ""))
            assert not password, setting["name"]


def test_databases_and_redis_are_set(overlay):
    name, _, manifests = overlay
    shared = settings_of(manifests)
    for service, needed in {"auth": "AUTH_DATABASE_URL", "chat": "CHAT_DATABASE_URL", "edge": "REDIS_URL"}.items():
        settings = {s["name"]: s for s in container(manifests.named("Deployment", service)).get("env", [])}
        if name == "production":
            assert settings[f"{needed}_FILE"]["value"].startswith("/run/secrets/recipe-chat/")
        else:
            assert needed in settings or needed in shared["data"]


def test_pods_meet_the_restricted_standard(manifests):
    labels = manifests.named("Namespace", "recipe-chat")["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    for deployment in manifests.of("Deployment"):
        security = pod(deployment)["securityContext"]
        assert security["runAsNonRoot"] and security["runAsUser"] > 0
        assert security["seccompProfile"]["type"] == "RuntimeDefault"
        inside = container(deployment)["securityContext"]
        assert inside["allowPrivilegeEscalation"] is False and inside["readOnlyRootFilesystem"]
        assert inside["capabilities"] == {"drop": ["ALL"]}
        assert pod(deployment)["automountServiceAccountToken"] is False


def test_everything_is_probed_and_limited(manifests):
    for deployment in manifests.of("Deployment"):
        box = container(deployment)
        for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
            (way,) = [box[probe][kind] for kind in ("grpc", "httpGet", "tcpSocket") if kind in box[probe]]
            assert way["port"] in ports(deployment) or way["port"] in ports(deployment).values(), probe
        assert box["resources"]["limits"]["memory"] and box["resources"]["requests"]["cpu"]


def test_grace_periods_outlast_the_drain(manifests):
    for name, finish in {"edge": 20 + 10, "auth": 10, "chat": 10}.items():
        deployment = manifests.named("Deployment", name)
        before = container(deployment)["lifecycle"]["preStop"]["sleep"]["seconds"]
        assert pod(deployment)["terminationGracePeriodSeconds"] > before + finish
    drain = {s["name"]: s.get("value") for s in container(manifests.named("Deployment", "edge"))["env"]}
    assert drain["EDGE_DRAIN_TIMEOUT"] == "20s"


def test_a_file_belongs_to_one_process(manifests):
    for name in ("auth", "chat"):
        deployment = manifests.named("Deployment", name)
        values = [setting.get("value", "") for setting in container(deployment)["env"]]
        if any(value.startswith("sqlite:") for value in values):
            assert deployment["spec"]["replicas"] == 1
            assert deployment["spec"]["strategy"] == {"type": "Recreate"}
        else:
            assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_policies_open_what_is_needed(manifests):
    nothing = manifests.named("NetworkPolicy", "nothing")["spec"]
    assert nothing == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    edge = manifests.named("Deployment", "edge")["spec"]["template"]["metadata"]["labels"]
    for name in ("auth", "chat"):
        labels = manifests.named("Deployment", name)["spec"]["template"]["metadata"]["labels"]
        assert allows(manifests, "ingress", "from", labels, edge) == {"grpc"}
        assert allows(manifests, "egress", "to", edge, labels) == {"grpc"}
        assert not allows(manifests, "ingress", "from", edge, labels)
    for policy in manifests.of("NetworkPolicy"):
        selector = policy["spec"]["podSelector"]
        assert selector == {} or manifests.selected(selector), f"{policy['metadata']['name']} is about nobody"


def test_nothing_leads_to_the_operators_port(manifests):
    assert "EDGE_ADMIN_LISTEN" not in settings_of(manifests)["data"], "the image's is on loopback"
    assert "9465" not in str(manifests.of("NetworkPolicy") + manifests.of("Service"))
    assert 9465 not in ports(manifests.named("Deployment", "edge")).values()


def allows(manifests, direction, peers, whom, other):
    """The ports that policies open between pods of these labels."""
    opened = set()
    for policy in manifests.of("NetworkPolicy"):
        if not matches(policy["spec"]["podSelector"], whom):
            continue
        for rule in policy["spec"].get(direction, []):
            if any("podSelector" in peer and matches(peer["podSelector"], other) for peer in rule.get(peers, [])):
                opened |= {port["port"] for port in rule["ports"]}
    return opened


def test_edges_believe_private_addresses_of_which_only_the_ingress_controller_reaches_them(manifests):
    shared = settings_of(manifests)
    trusted = [ipaddress.ip_network(text) for text in shared["data"]["EDGE_TRUSTED_PROXIES"].split(",")]
    assert trusted and not any(network.is_global for network in trusted)
    policy = manifests.named("NetworkPolicy", "edge")["spec"]
    callers = {rule["ports"][0]["port"]: rule["from"] for rule in policy["ingress"]}
    namespace = "kubernetes.io/metadata.name"
    assert callers["http"] == [{"namespaceSelector": {"matchLabels": {"recipe-chat/front": "true"}}}]
    # Prometheus opens no connections for others.
    assert callers["metrics"] == [{"namespaceSelector": {"matchLabels": {namespace: "monitoring"}}}]
    edge = container(manifests.named("Deployment", "edge"))
    settings = {setting["name"] for setting in edge["env"]} | set(shared["data"])
    limits = {setting for setting in settings if re.match("EDGE_.*(MAX_|RATE)", setting)}
    assert limits == {"EDGE_MAX_CONNECTIONS"}, "the other limits are the usual ones"


def test_an_edge_takes_no_more_connections_than_its_memory_holds(manifests):
    edge = manifests.named("Deployment", "edge")
    memory = in_bytes(container(edge)["resources"]["limits"]["memory"])
    assert int(setting(edge, "EDGE_MAX_CONNECTIONS")) * BYTES_PER_CONNECTION <= 0.8 * memory
    for scaler in manifests.of("HorizontalPodAutoscaler"):
        for metric in scaler["spec"]["metrics"]:
            if metric["type"] == "Pods":
                wanted = int(metric["pods"]["target"]["averageValue"])
                assert wanted < int(setting(edge, "EDGE_MAX_CONNECTIONS")), "new edges come before the old ones are full"


def in_bytes(quantity):
    number, unit = re.fullmatch(r"(\d+)(Ki|Mi|Gi)", quantity).groups()
    return int(number) << {"Ki": 10, "Mi": 20, "Gi": 30}[unit]


def test_operators_have_a_token(production, known_environment):
    auth = production.named("Deployment", "auth")
    secret, key = mounted(auth)[setting(auth, "AUTH_OPERATOR_TOKEN_FILE")]
    assert "AUTH_OPERATOR_TOKEN_FILE" in known_environment["auth"] & known_environment["sessions"]
    assert f"{secret} --from-file={key}=/dev/stdin" in (DEPLOY / "kubernetes/README.md").read_text()


def test_services_prove_themselves_by_one_token(manifests, known_environment):
    names = set()
    for name in SERVICES:
        deployment = manifests.named("Deployment", name)
        secret, key = mounted(deployment)[setting(deployment, "SERVICE_TOKEN_FILE")]
        assert key == "token" and "SERVICE_TOKEN_FILE" in known_environment[name]
        names.add(secret)
    assert len(names) == 1


def test_the_page_says_how_each_secret_is_made(production):
    page = (DEPLOY / "kubernetes/README.md").read_text()
    for name in SERVICES:
        for secret, key in mounted(production.named("Deployment", name)).values():
            assert f"generic {secret} --from-file={key}=" in page, (secret, key)


def test_nothing_is_let_out_to_everywhere(manifests):
    for policy in manifests.of("NetworkPolicy"):
        for rule in policy["spec"].get("egress", []):
            assert rule["to"], policy["metadata"]["name"]


def setting(deployment, name):
    return next(s["value"] for s in container(deployment)["env"] if s["name"] == name)


def mounted(deployment):
    """The files that come from secrets: path to (secret, key)."""
    files = {}
    volumes = {volume["name"]: volume for volume in pod(deployment)["volumes"]}
    for mount in container(deployment)["volumeMounts"]:
        volume = volumes[mount["name"]]
        if "secret" in volume:
            files[f"{mount['mountPath']}/token"] = (volume["secret"]["secretName"], "token")
        for source in volume.get("projected", {}).get("sources", []):
            for item in source["secret"]["items"]:
                files[f"{mount['mountPath']}/{item['path']}"] = (source["secret"]["name"], item["key"])
    return files


def test_it_scales_within_reason(production):
    scaled = set()
    for scaler in production.of("HorizontalPodAutoscaler"):
        target = scaler["spec"]["scaleTargetRef"]["name"]
        scaled.add(target)
        assert container(production.named("Deployment", target))["resources"]["requests"]["cpu"]
        least, most = scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]
        assert 2 <= least <= most
        budget = production.named("PodDisruptionBudget", target)["spec"]
        assert budget["maxUnavailable"] < least
        # Each `kubectl apply` would set it back to what the file says.
        assert "replicas" not in production.named("Deployment", target)["spec"], target
    assert scaled == set(SERVICES)
    edge = production.named("HorizontalPodAutoscaler", "edge")["spec"]
    assert edge["metrics"][0]["pods"]["metric"]["name"] == "edge_connections"
    # A pod that goes closes its connections.
    assert edge["behavior"]["scaleDown"]["policies"][0]["value"] == 1


def test_replicas_are_spread(manifests):
    for name in SERVICES:
        deployment = manifests.named("Deployment", name)
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        spread = pod(deployment)["topologySpreadConstraints"]
        assert {one["topologyKey"] for one in spread} == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
        assert all(matches(one["labelSelector"], labels) for one in spread)


def test_everything_is_watched(production):
    watched = set()
    for monitor in production.of("ServiceMonitor"):
        for service in production.of("Service"):
            if matches(monitor["spec"]["selector"], service["metadata"].get("labels", {})):
                (endpoint,) = monitor["spec"]["endpoints"]
                assert endpoint["port"] in [port["name"] for port in service["spec"]["ports"]]
                watched.add(service["metadata"]["name"])
    assert watched == set(SERVICES)


def test_what_is_not_scaled_has_its_number(manifests):
    scaled = {scaler["spec"]["scaleTargetRef"]["name"] for scaler in manifests.of("HorizontalPodAutoscaler")}
    for deployment in manifests.of("Deployment"):
        assert ("replicas" in deployment["spec"]) != (deployment["metadata"]["name"] in scaled)


def test_every_port_of_a_documented_address_is_let_out(production):
    """Those of docs/operations.md: redis, rediss, sentinels; PostgreSQL, PgBouncer and a provider's."""
    opened = {"to-redis": {6379, 6380, 26379}, "to-databases": {5432, 6432, 25060, 25061}}
    for name, wanted in opened.items():
        (rule,) = production.named("NetworkPolicy", name)["spec"]["egress"]
        assert {port["port"] for port in rule["ports"]} == wanted
    page = (DEPLOY / "kubernetes/README.md").read_text()
    for port in sorted(set().union(*opened.values())):
        assert str(port) in page, port


def commands():
    """The README's commands, in their order."""
    page = (DEPLOY / "kubernetes/README.md").read_text()
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


def test_the_commands_of_the_page_work_on_an_empty_cluster_in_their_order(production):
    """By reasoning: every namespace that a command names is made before it, and every secret before the pods."""
    namespaces, secrets, applied = {"default", "traefik"}, set(), []
    for command in commands():
        if used := re.search(r" -n (\S+)", command):
            assert used[1] in namespaces, command
        if made := re.search(r"create secret generic (\S+) (--from-file=\S+)", command):
            assert "overlays/production" not in applied
            secrets.add(made[1])
            # Without a cluster, and with what the page has one type.
            made = run("kubectl", "create", "secret", "generic", *made.groups(), "--dry-run=client", "-o", "yaml", input="x")
            (secret,) = documents(made)
            assert list(secret["data"].values()) == ["eA=="]
        elif file := re.search(r"apply -f (\S+)", command):
            for item in documents((ROOT / file[1]).read_text()):
                assert item["kind"] == "Namespace"
                namespaces.add(item["metadata"]["name"])
        elif folder := re.search(r"apply -k deploy/kubernetes/(\S+)", command):
            assert (DEPLOY / "kubernetes" / folder[1] / "kustomization.yaml").is_file()
            applied.append(folder[1])
            namespaces.add("recipe-chat")
    assert applied == ["overlays/development", "overlays/production"]
    needed = {secret for name in SERVICES for secret, _ in mounted(production.named("Deployment", name)).values()}
    assert needed <= secrets


def test_the_page_loads_the_image_that_development_runs():
    text = render("development")
    (image,) = {image for image in re.findall(r"image: (\S+)", text) if image.startswith("recipe-chat")}
    told = "\n".join(commands())
    assert f"docker build -f deploy/Dockerfile -t {image} ." in told and f"kind load docker-image {image}" in told


def test_rules_and_alerts_are_those_of_prometheus(production):
    """deploy/observability/prometheus-rule.yaml is made from the files that Prometheus reads elsewhere. A stale one is
    written anew, and the test fails once."""
    home = DEPLOY / "observability"
    groups = [group for file in ("rules.yaml", "alerts.yaml") for group in yaml.safe_load((home / file).read_text())["groups"]]
    # A cluster keeps the number of replicas itself, and changes it.
    groups = [group for group in groups if group["name"] != "recipe-chat-replicas"]
    head = "# Made from rules.yaml and alerts.yaml by tests/deploy/test_kubernetes.py; do not edit.\n"
    labels = {"app.kubernetes.io/component": "rules"}
    resource = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule"}
    resource |= {"metadata": {"name": "recipe-chat", "labels": labels}, "spec": {"groups": groups}}
    fresh = head + yaml.safe_dump(resource, sort_keys=False, width=120, allow_unicode=True)
    file = home / "prometheus-rule.yaml"
    stale = not file.exists() or file.read_text() != fresh
    file.write_text(fresh)
    assert not stale, f"{file.name} was stale and has been written anew; commit it"
    names = [rule.get("alert") or rule["record"] for group in groups for rule in group["rules"]]
    (rendered,) = production.of("PrometheusRule")
    kept = [rule.get("alert") or rule["record"] for group in rendered["spec"]["groups"] for rule in group["rules"]]
    assert kept == names


def test_the_dashboard_comes_along(production):
    (board,) = [item for item in production.of("ConfigMap") if item["metadata"]["name"] == "recipe-chat-dashboard"]
    assert board["metadata"]["labels"]["grafana_dashboard"] == "1"
    file = DEPLOY / "observability/grafana/dashboards/recipe-chat.json"
    assert board["data"] == {file.name: file.read_text()}
