"""Who may what: tokens, client certificates, roles and bindings; on an embedded cluster with RBAC on."""

import base64
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from anyio.from_thread import start_blocking_portal

from albc.local.kubernetes import Cluster, ClusterOptions
from albc.local.kubernetes.calls import User

Object = dict[str, Any]
RBAC = "/apis/rbac.authorization.k8s.io/v1"
Login = Callable[..., httpx.Client]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    options = ClusterOptions(authorize=True)
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(Cluster(state=options)) as running:
        yield running


@pytest.fixture
def login(cluster: Cluster, tmp_path: Path) -> Iterator[Login]:
    """A client with a token, with a client certificate, or with nothing."""
    clients: list[httpx.Client] = []

    def client(*, token: str = "", user: str = "", groups: tuple[str, ...] = ()) -> httpx.Client:
        context = ssl.create_default_context(cadata=cluster.certificate_authority.decode())
        if user:
            pair = cluster.client_certificate(user, groups)
            file = tmp_path / f"{user}.pem"
            file.touch(mode=0o600)
            file.write_bytes(pair.certificate + pair.key)
            context.load_cert_chain(file)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        clients.append(httpx.Client(base_url=cluster.url, verify=context, headers=headers))
        return clients[-1]

    yield client
    for each in clients:
        each.close()


@pytest.fixture
def admin(cluster: Cluster, login: Login) -> httpx.Client:
    return login(token=cluster.kubeconfig()["users"][0]["user"]["token"])


def grant(admin: httpx.Client, name: str, subject: Object, *rules: Object, namespace: str = "") -> None:
    """A role with these rules, bound to a subject; of the cluster, or of a namespace."""
    kind = "Role" if namespace else "ClusterRole"
    root = f"{RBAC}/namespaces/{namespace}" if namespace else RBAC
    binding = {"metadata": {"name": name}, "subjects": [subject], "roleRef": {"kind": kind, "name": name}}
    admin.post(f"{root}/{kind.lower()}s", json={"metadata": {"name": name}, "rules": list(rules)})
    admin.post(f"{root}/{kind.lower()}bindings", json=binding)


def rule(resources: list[str], *verbs: str, group: str = "", **rest: Any) -> Object:
    return {"apiGroups": [group], "resources": resources, "verbs": list(verbs), **rest}


CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"


def test_an_administrator_may_do_everything(admin: httpx.Client) -> None:
    assert admin.get("/api/v1/nodes").status_code == 200


def test_a_wrong_token_is_refused(login: Login) -> None:
    answer = login(token="wrong").get("/api/v1/nodes")
    assert answer.status_code == 401
    assert answer.json()["reason"] == "Unauthorized"


def test_without_credentials_one_is_anonymous_and_may_little(login: Login) -> None:
    stranger = login()
    assert stranger.get("/version").status_code == 200
    refusal = stranger.get("/api/v1/nodes")
    assert refusal.status_code == 403
    expected = (
        'nodes is forbidden: User "system:anonymous" cannot list resource "nodes" in API group "" at the cluster scope'
    )
    assert expected in refusal.json()["message"]


def test_a_client_certificate_names_its_user_and_groups(login: Login) -> None:
    client = login(user="alice", groups=("builders",))
    body = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    info = client.post("/apis/authentication.k8s.io/v1/selfsubjectreviews", json=body).json()["status"]["userInfo"]
    assert info == {"username": "alice", "groups": ["builders", "system:authenticated"]}


def test_a_user_may_what_a_role_grants_and_no_more(admin: httpx.Client, login: Login) -> None:
    grant(admin, "readers", {"kind": "User", "name": "bob"}, rule(["configmaps"], "get", "list"))
    bob = login(user="bob")
    assert bob.get(CONFIG_MAPS).status_code == 200
    assert bob.post(CONFIG_MAPS, json={"metadata": {"name": "a"}}).status_code == 403
    assert bob.get(CONFIG_MAPS, params={"watch": "true", "timeoutSeconds": "1"}).status_code == 403


def test_a_role_of_a_namespace_holds_there_only(admin: httpx.Client, login: Login) -> None:
    subject = {"kind": "User", "name": "carol"}
    grant(admin, "local", subject, rule(["configmaps"], "list"), namespace="default")
    carol = login(user="carol")
    assert carol.get(CONFIG_MAPS).status_code == 200
    assert carol.get("/api/v1/namespaces/kube-system/configmaps").status_code == 403
    assert carol.get("/api/v1/configmaps").status_code == 403


def test_a_group_may_what_its_role_grants(admin: httpx.Client, login: Login) -> None:
    grant(admin, "group", {"kind": "Group", "name": "auditors"}, rule(["events"], "list"))
    assert login(user="dave", groups=("auditors",)).get("/api/v1/events").status_code == 200


def test_a_subresource_needs_a_right_of_its_own(admin: httpx.Client, login: Login) -> None:
    admin.post("/api/v1/namespaces/default/services", json={
        "metadata": {"name": "s"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}]},
    })  # fmt: skip
    grant(admin, "services", {"kind": "User", "name": "erin"}, rule(["services"], "patch"))
    erin = login(user="erin")
    headers = {"Content-Type": "application/merge-patch+json"}
    path = "/api/v1/namespaces/default/services/s"
    assert erin.patch(path, content="{}", headers=headers).status_code == 200
    assert erin.patch(f"{path}/status", content="{}", headers=headers).status_code == 403


def test_a_right_can_be_for_one_name(admin: httpx.Client, login: Login) -> None:
    admin.post(CONFIG_MAPS, json={"metadata": {"name": "mine"}})
    admin.post(CONFIG_MAPS, json={"metadata": {"name": "theirs"}})
    grant(admin, "named", {"kind": "User", "name": "frank"}, rule(["configmaps"], "get", resourceNames=["mine"]))
    frank = login(user="frank")
    assert frank.get(f"{CONFIG_MAPS}/mine").status_code == 200
    assert frank.get(f"{CONFIG_MAPS}/theirs").status_code == 403


def test_roles_are_joined_by_their_labels(admin: httpx.Client, login: Login) -> None:
    selectors = [{"matchLabels": {"part": "yes"}}]
    part = {"metadata": {"name": "part", "labels": {"part": "yes"}}, "rules": [rule(["secrets"], "list")]}
    admin.post(f"{RBAC}/clusterroles", json=part)
    whole = {"metadata": {"name": "whole"}, "aggregationRule": {"clusterRoleSelectors": selectors}}
    admin.post(f"{RBAC}/clusterroles", json=whole)
    binding = {
        "metadata": {"name": "whole"},
        "subjects": [{"kind": "User", "name": "grace"}],
        "roleRef": {"kind": "ClusterRole", "name": "whole"},
    }
    admin.post(f"{RBAC}/clusterrolebindings", json=binding)
    assert login(user="grace").get("/api/v1/secrets").status_code == 200


def test_a_service_account_gets_a_token_and_its_rights(admin: httpx.Client, login: Login) -> None:
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": "default"}
    grant(admin, "account", subject, rule(["pods"], "list"))
    path = "/api/v1/namespaces/default/serviceaccounts/default/token"
    request = {"spec": {"audiences": [], "expirationSeconds": 3600}}
    token = admin.post(path, json=request).json()["status"]["token"]
    account = login(token=token)
    assert account.get("/api/v1/pods").status_code == 200
    assert account.get("/api/v1/secrets").status_code == 403


def test_a_token_can_be_reviewed(admin: httpx.Client) -> None:
    path = "/api/v1/namespaces/default/serviceaccounts/default/token"
    token = admin.post(path, json={"spec": {"audiences": []}}).json()["status"]["token"]
    review = "/apis/authentication.k8s.io/v1/tokenreviews"
    good = admin.post(review, json={"spec": {"token": token}}).json()["status"]
    bad = admin.post(review, json={"spec": {"token": "wrong"}}).json()["status"]
    assert good["user"]["username"] == "system:serviceaccount:default:default"
    assert bad["authenticated"] is False


def test_a_token_ends(cluster: Cluster, login: Login) -> None:
    kubeconfig = cluster.kubeconfig(User("heidi", ("system:masters", "system:authenticated")))
    client = login(token=kubeconfig["users"][0]["user"]["token"])
    assert client.get("/api/v1/nodes").status_code == 200
    cluster.authenticator.expire_tokens("heidi")
    assert client.get("/api/v1/nodes").status_code == 401


def test_an_administrator_can_act_as_another(admin: httpx.Client) -> None:
    refusal = admin.get("/api/v1/nodes", headers={"Impersonate-User": "nobody"})
    assert refusal.status_code == 403
    assert 'User "nobody" cannot list resource "nodes"' in refusal.json()["message"]


def test_may_they_is_answered(admin: httpx.Client) -> None:
    grant(admin, "asked", {"kind": "User", "name": "ivan"}, rule(["configmaps"], "list"))
    review = "/apis/authorization.k8s.io/v1/subjectaccessreviews"

    def allowed(verb: str) -> bool:
        spec = {"user": "ivan", "resourceAttributes": {"verb": verb, "resource": "configmaps", "namespace": "x"}}
        found: bool = admin.post(review, json={"spec": spec}).json()["status"]["allowed"]
        return found

    assert allowed("list") is True
    assert allowed("delete") is False


def test_a_kubeconfig_holds_all_that_is_needed(cluster: Cluster) -> None:
    config = cluster.kubeconfig()
    assert config["clusters"][0]["cluster"]["server"] == cluster.url
    authority = base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"])
    assert authority == cluster.certificate_authority
