"""Route 53: hosted zones and their records, as validating certificates needs them."""

from typing import Any

from albc.local.aws.errors import ApiError
from albc.local.aws.ids import hex_id
from albc.local.aws.services.operation import Answer, Operations, Params
from albc.local.aws.state import State
from albc.local.aws.state.dns import HostedZone


def list_hosted_zones(state: State, _params: Params) -> Answer:
    zones = sorted(state.hosted_zones.values(), key=lambda zone: zone.zone_id)
    return {"HostedZones": [_described(zone) for zone in zones], "Marker": "", "IsTruncated": False, "MaxItems": "100"}


def list_hosted_zones_by_name(state: State, params: Params) -> Answer:
    start = _reversed(_absolute(params.get("DNSName", "")))
    zones = [zone for zone in state.hosted_zones.values() if _reversed(zone.name) >= start]
    zones.sort(key=lambda zone: _reversed(zone.name))
    return {"HostedZones": [_described(zone) for zone in zones], "IsTruncated": False, "MaxItems": "100"}


def list_resource_record_sets(state: State, params: Params) -> Answer:
    records = _zone(state, params["HostedZoneId"]).records
    return {
        "ResourceRecordSets": [records[key] for key in sorted(records)],
        "IsTruncated": False,
        "MaxItems": "300",
    }


def change_resource_record_sets(state: State, params: Params) -> Answer:
    zone = _zone(state, params["HostedZoneId"])
    records = dict(zone.records)
    for change in params["ChangeBatch"]["Changes"]:
        record = change["ResourceRecordSet"]
        name = _absolute(record["Name"])
        key, kept = (name, record["Type"]), {**record, "Name": name}
        told = f"[name='{name}', type='{record['Type']}']"
        if not name.endswith("." + zone.name) and name != zone.name:
            raise _invalid(f"RRSet with DNS name {name} is not permitted in zone {zone.name}")
        match change["Action"]:
            case "CREATE" if key in records:
                raise _invalid(f"Tried to create resource record set {told} but it already exists")
            case "DELETE" if key not in records:
                raise _invalid(f"Tried to delete resource record set {told} but it was not found")
            case "DELETE" if records[key] != kept:
                raise _invalid(f"Tried to delete {told} but the values provided do not match the current values")
            case "DELETE":
                del records[key]
            case _:
                records[key] = kept
    zone.records = records
    change_id = hex_id("change", zone.zone_id, state.next_serial(), digits=20).upper()
    return {"ChangeInfo": {"Id": f"/change/C{change_id}", "Status": "INSYNC", "SubmittedAt": state.clock()}}


def _zone(state: State, zone_id: str) -> HostedZone:
    if zone := state.hosted_zones.get(zone_id.rpartition("/")[2]):
        return zone
    raise ApiError("NoSuchHostedZone", f"No hosted zone found with ID: {zone_id}", 404)


def _described(zone: HostedZone) -> dict[str, Any]:
    return {
        "Id": f"/hostedzone/{zone.zone_id}",
        "Name": zone.name,
        "CallerReference": zone.name,
        "Config": {"PrivateZone": False},
        "ResourceRecordSetCount": len(zone.records),
    }


def _absolute(name: str) -> str:
    return name.lower().rstrip(".") + "."


def _reversed(name: str) -> list[str]:
    """Labels from the right, which is the order of zones in answers."""
    return [label for label in name.split(".") if label][::-1]


def _invalid(message: str) -> ApiError:
    return ApiError("InvalidChangeBatch", f"[{message}]")


OPERATIONS: Operations = {
    "ListHostedZones": list_hosted_zones,
    "ListHostedZonesByName": list_hosted_zones_by_name,
    "ListResourceRecordSets": list_resource_record_sets,
    "ChangeResourceRecordSets": change_resource_record_sets,
}
