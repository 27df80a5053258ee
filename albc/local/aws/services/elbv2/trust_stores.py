"""Trust stores for mutual TLS. The bundle is named and not read: the account has no S3."""

from albc.local.aws.errors import ApiError
from albc.local.aws.ids import hex_id
from albc.local.aws.services import names
from albc.local.aws.services.elbv2 import lookup, tags
from albc.local.aws.services.operation import Answer, Operations, Params, page
from albc.local.aws.state import State
from albc.local.aws.state.load_balancing import TrustStore


def create_trust_store(state: State, params: Params) -> Answer:
    name = params["Name"]
    names.check("Trust store", name)
    stores = state.load_balancing.trust_stores
    if any(store.name == name for store in stores.values()):
        raise ApiError("DuplicateTrustStoreName", f"A trust store with the same name '{name}' exists")
    suffix = hex_id("trust-store", name, state.next_serial(), digits=16)
    arn = state.options.arn("elasticloadbalancing", f"truststore/{name}/{suffix}")
    bundle = {key: value for key, value in params.items() if key.startswith("CaCertificatesBundle")}
    stores[arn] = TrustStore(arn, name, bundle, tags.checked(state, params))
    return {"TrustStores": [_described(stores[arn])]}


def describe_trust_stores(state: State, params: Params) -> Answer:
    stores = list(state.load_balancing.trust_stores.values())
    if arns := params.get("TrustStoreArns"):
        stores = [lookup.trust_store(state, arn) for arn in arns]
    elif wanted := params.get("Names"):
        by_name = {store.name: store for store in stores}
        if absent := [name for name in wanted if name not in by_name]:
            raise ApiError("TrustStoreNotFound", f"Trust stores '[{', '.join(absent)}]' not found")
        stores = [by_name[name] for name in wanted]
    shown, marker = page(stores, lambda store: store.arn, params.get("PageSize", 400), params.get("Marker"))
    return {"TrustStores": [_described(store) for store in shown], "NextMarker": marker}


def delete_trust_store(state: State, params: Params) -> Answer:
    arn = lookup.trust_store(state, params["TrustStoreArn"]).arn
    listeners = state.load_balancing.listeners.values()
    if any((listener.mutual_authentication or {}).get("TrustStoreArn") == arn for listener in listeners):
        raise ApiError("TrustStoreInUse", f"The trust store '{arn}' is used by a listener")
    del state.load_balancing.trust_stores[arn]
    return {}


def _described(store: TrustStore) -> Answer:
    return {
        "Name": store.name,
        "TrustStoreArn": store.arn,
        "Status": "ACTIVE",
        "NumberOfCaCertificates": 1,
        "TotalRevokedEntries": 0,
    }


OPERATIONS: Operations = {
    "CreateTrustStore": create_trust_store,
    "DescribeTrustStores": describe_trust_stores,
    "DeleteTrustStore": delete_trust_store,
}
