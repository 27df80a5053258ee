"""CustomResourceDefinitions: pruning, defaults, validation, CEL rules, versions, columns, subresources, deletion."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

Api = Any
Object = dict[str, Any]
CRDS = "customresourcedefinitions.apiextensions.k8s.io/v1"

SPEC: Object = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "integer", "minimum": 1, "maximum": 10},
        "colour": {"type": "string", "enum": ["red", "blue"], "default": "red"},
        "word": {"type": "string", "minLength": 2, "maxLength": 5, "pattern": "^[a-z]+$"},
        "nested": {"type": "object", "properties": {"flag": {"type": "boolean", "default": True}}},
        "tags": {"type": "array", "maxItems": 3, "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "ports": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["port"],
                "properties": {"port": {"type": "integer"}, "protocol": {"type": "string", "default": "TCP"}},
            },
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["port", "protocol"],
        },
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "either": {"x-kubernetes-int-or-string": True},
        "maybe": {"type": "string", "nullable": True},
        "labels": {"type": "object", "maxProperties": 1, "additionalProperties": {"type": "string"}},
        "when": {"type": "string", "format": "date-time"},
        "choice": {
            "type": "object",
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
    },
}
STATUS: Object = {"type": "object", "properties": {"phase": {"type": "string"}, "count": {"type": "integer"}}}


def version(spec: Object, name: str = "v1", **rest: Any) -> Object:
    schema = {"type": "object", "properties": {"spec": spec, "status": STATUS}}
    return {"name": name, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}, **rest}


def definition(group: str, *versions: Object) -> Object:
    names = {"plural": "widgets", "kind": "Widget", "shortNames": ["wg"], "categories": ["all"]}
    return {
        "metadata": {"name": f"widgets.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": list(versions)},
    }


def condition(obj: Object, kind: str) -> str:
    conditions = obj.get("status", {}).get("conditions") or []
    return next((c["status"] for c in conditions if c["type"] == kind), "")


class Widgets:
    """Makes definitions, each in a group of its own, and removes them."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._names: list[str] = []

    def define(self, *versions: Object) -> str:
        """The resource, for the API's methods, in its first version."""
        group = f"g{uuid.uuid4().hex[:8]}.example.com"
        body = definition(group, *versions)
        made = self._api.create(CRDS, body)
        assert made.status_code == 201, made.text
        self._names.append(body["metadata"]["name"])
        self._api.until(CRDS, body["metadata"]["name"], lambda crd: condition(crd, "Established") == "True")
        resource = f"widgets.{group}/{versions[0]['name']}"
        while self._api.get(resource).status_code == 404:
            pass  # a real server takes a moment to serve what it has established
        return resource

    def clean(self) -> None:
        for name in self._names:
            self._api.delete(CRDS, name)


@pytest.fixture
def widgets(api: Api) -> Iterator[Widgets]:
    made = Widgets(api)
    yield made
    made.clean()


@pytest.fixture
def widget(widgets: Widgets) -> str:
    """A resource with every kind of rule."""
    return widgets.define(version(SPEC, subresources={"status": {}}))


def body(resource: str, name: str = "w", **spec: Any) -> Object:
    api_version = resource.partition(".")[2]
    return {"apiVersion": api_version, "kind": "Widget", "metadata": {"name": name}, "spec": spec}


def make(api: Api, resource: str, **spec: Any) -> Any:
    return api.create(resource, body(resource, **{"size": 1, **spec}))


def causes(refusal: Any) -> dict[str, str]:
    assert refusal.status_code == 422, refusal.text
    return {cause["field"]: cause["message"] for cause in refusal.json()["details"]["causes"]}


def test_an_object_of_a_new_kind_can_be_created_and_read(api: Api, widget: str) -> None:
    made = make(api, widget)
    assert made.status_code == 201
    assert api.get(widget, "w").json() == made.json()


def test_defaults_are_filled_in_at_every_depth(api: Api, widget: str) -> None:
    spec = make(api, widget, nested={}, ports=[{"port": 1}]).json()["spec"]
    assert spec["colour"] == "red"
    assert spec["nested"] == {"flag": True}
    assert spec["ports"] == [{"port": 1, "protocol": "TCP"}]


def test_defaults_are_not_filled_into_what_is_not_there(api: Api, widget: str) -> None:
    assert "nested" not in make(api, widget).json()["spec"]


def test_a_null_gives_way_to_a_default(api: Api, widget: str) -> None:
    assert make(api, widget, colour=None).json()["spec"]["colour"] == "red"


def test_a_null_stays_where_it_is_allowed(api: Api, widget: str) -> None:
    assert make(api, widget, maybe=None).json()["spec"]["maybe"] is None


def test_unknown_fields_are_pruned(api: Api, widget: str) -> None:
    spec = make(api, widget, unknown=1, nested={"deep": 2}).json()["spec"]
    assert "unknown" not in spec
    assert "deep" not in spec["nested"]


def test_unknown_fields_stay_where_the_schema_says_so(api: Api, widget: str) -> None:
    free = {"anything": {"goes": [1, "a", None]}}
    assert make(api, widget, free=free).json()["spec"]["free"] == free


def test_unknown_fields_are_refused_when_validation_is_strict(api: Api, widget: str) -> None:
    refusal = api.create(widget, body(widget, size=1, unknown=1), fieldValidation="Strict")
    assert refusal.status_code == 400
    assert 'unknown field "spec.unknown"' in refusal.json()["message"]


@pytest.mark.parametrize(
    ("spec", "field", "message"),
    [
        ({"size": None}, "spec.size", ""),
        ({"size": "big"}, "spec.size",
         'Invalid value: "string": spec.size in body must be of type integer: "string"'),
        ({"size": 0}, "spec.size", "Invalid value: 0: spec.size in body should be greater than or equal to 1"),
        ({"size": 11}, "spec.size", "Invalid value: 11: spec.size in body should be less than or equal to 10"),
        ({"colour": "green"}, "spec.colour",
         'Unsupported value: "green": supported values: "red", "blue"'),
        ({"word": "a"}, "spec.word", 'Invalid value: "a": spec.word in body should be at least 2 chars long'),
        ({"word": "aaaaaa"}, "spec.word", "Too long: may not be more than 5 bytes"),
        ({"word": "AA"}, "spec.word", "Invalid value: \"AA\": spec.word in body should match '^[a-z]+$'"),
        ({"tags": ["a", "b", "c", "d"]}, "spec.tags", "Too many: 4: must have at most 3 items"),
        ({"ports": []}, "spec.ports", "Invalid value: 0: spec.ports in body should have at least 1 items"),
        ({"ports": [{}]}, "spec.ports[0].port", "Required value"),
        ({"labels": {"a": "1", "b": "2"}}, "spec.labels", "Too many: 2: must have at most 1 items"),
        ({"labels": {"a": 1}}, "spec.labels.a",
         'Invalid value: "integer": spec.labels.a in body must be of type string: "integer"'),
        ({"either": True}, "spec.either", ""),
        ({"when": "yesterday"}, "spec.when",
         'Invalid value: "yesterday": spec.when in body must be of type date-time: "yesterday"'),
        ({"choice": {}}, "spec.choice", ""),
    ],
)  # fmt: skip
def test_a_value_that_breaks_the_schema_is_refused(
    api: Api, widget: str, spec: Object, field: str, message: str
) -> None:
    found = causes(make(api, widget, **spec))
    assert field in found
    assert message in found[field]


def test_a_missing_field_is_required(api: Api, widget: str) -> None:
    assert causes(api.create(widget, body(widget)))["spec.size"] == "Required value"


@pytest.mark.parametrize("value", [5, "50%"])
def test_a_number_or_text_may_be_either(api: Api, widget: str, value: Any) -> None:
    assert make(api, widget, either=value).json()["spec"]["either"] == value


def test_items_of_a_set_are_there_once(api: Api, widget: str) -> None:
    assert causes(make(api, widget, tags=["a", "a"]))["spec.tags[1]"] == 'Duplicate value: "a"'


def test_items_of_a_map_list_have_keys_of_their_own(api: Api, widget: str) -> None:
    assert "spec.ports[1]" in causes(make(api, widget, ports=[{"port": 1}, {"port": 1}]))


def test_generation_counts_changes_of_all_but_metadata_and_status(api: Api, widget: str) -> None:
    make(api, widget)
    api.patch(widget, "w", {"metadata": {"labels": {"a": "b"}}})
    api.patch(widget, "w/status", {"status": {"phase": "Done"}})
    assert api.get(widget, "w").json()["metadata"]["generation"] == 1
    assert api.patch(widget, "w", {"spec": {"size": 2}}).json()["metadata"]["generation"] == 2


def test_the_status_is_written_through_its_subresource_only(api: Api, widget: str) -> None:
    made = api.create(widget, {**body(widget, size=1), "status": {"phase": "Made up"}}).json()
    assert "status" not in made
    assert "status" not in api.patch(widget, "w", {"status": {"phase": "Made up"}}).json()
    done = api.patch(widget, "w/status", {"status": {"phase": "Done"}, "spec": {"size": 9}}).json()
    assert done["status"] == {"phase": "Done"}
    assert done["spec"]["size"] == 1


def test_the_status_is_validated(api: Api, widget: str) -> None:
    make(api, widget)
    assert "status.count" in causes(api.patch(widget, "w/status", {"status": {"count": "many"}}))


def test_an_update_needs_a_version(api: Api, widget: str) -> None:
    make(api, widget)
    refusal = causes(api.update(widget, "w", body(widget, size=2)))
    assert "must be specified for an update" in refusal["metadata.resourceVersion"]


def test_strategic_patches_are_for_built_in_kinds(api: Api, widget: str) -> None:
    make(api, widget)
    refusal = api.patch(widget, "w", {"spec": {"size": 2}}, "application/strategic-merge-patch+json")
    assert refusal.status_code == 415


def test_managers_own_items_of_map_lists_one_by_one(api: Api, widget: str) -> None:
    api.apply(widget, "w", body(widget, size=1, ports=[{"port": 1}]), "alice")
    both = api.apply(widget, "w", body(widget, ports=[{"port": 2}]), "bob")
    assert both.status_code == 200, both.text
    assert [port["port"] for port in both.json()["spec"]["ports"]] in ([1, 2], [2, 1])


# -- CEL ---------------------------------------------------------------------------------------------------------------


def ruled(properties: Object, *rules: Object, **rest: Any) -> Object:
    """A version whose spec has these properties and rules."""
    return version({"type": "object", "properties": properties, "x-kubernetes-validations": list(rules), **rest})


TEXT: Object = {"type": "string"}
NUMBER: Object = {"type": "integer"}


def test_a_rule_that_does_not_hold_refuses_with_its_message(api: Api, widgets: Widgets) -> None:
    rule = {"rule": "self.min <= self.max", "message": "min must not be above max"}
    resource = widgets.define(ruled({"min": NUMBER, "max": NUMBER}, rule))
    assert api.create(resource, body(resource, min=1, max=2)).status_code == 201
    refusal = causes(api.create(resource, body(resource, "x", min=2, max=1)))
    assert refusal["spec"] == 'Invalid value: "object": min must not be above max'


def test_a_rule_without_a_message_is_its_own(api: Api, widgets: Widgets) -> None:
    resource = widgets.define(ruled({"min": NUMBER}, {"rule": "self.min > 0"}))
    assert "failed rule: self.min > 0" in causes(api.create(resource, body(resource, min=0)))["spec"]


def test_a_rule_can_make_its_message(api: Api, widgets: Widgets) -> None:
    rule = {"rule": "self.min > 0", "messageExpression": "'min is ' + string(self.min)"}
    resource = widgets.define(ruled({"min": NUMBER}, rule))
    assert "min is 0" in causes(api.create(resource, body(resource, min=0)))["spec"]


def test_a_rule_can_name_its_field_and_reason(api: Api, widgets: Widgets) -> None:
    rule = {"rule": "self.min > 0", "message": "no", "fieldPath": ".min", "reason": "FieldValueForbidden"}
    resource = widgets.define(ruled({"min": NUMBER}, rule))
    refusal = api.create(resource, body(resource, min=0)).json()["details"]["causes"][0]
    assert refusal == {"reason": "FieldValueForbidden", "message": "Forbidden: no", "field": "spec.min"}


def test_a_transition_rule_compares_with_what_was(api: Api, widgets: Widgets) -> None:
    field = {**TEXT, "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "cannot change"}]}
    resource = widgets.define(version({"type": "object", "properties": {"fixed": field}}))
    assert api.create(resource, body(resource, fixed="a")).status_code == 201
    refusal = causes(api.patch(resource, "w", {"spec": {"fixed": "b"}}))
    assert refusal["spec.fixed"] == 'Invalid value: "string": cannot change'


def test_a_transition_rule_can_hold_at_creation_too(api: Api, widgets: Widgets) -> None:
    rule = {"rule": "oldSelf.hasValue() || self == 'first'", "optionalOldSelf": True, "message": "begin with first"}
    resource = widgets.define(
        version({"type": "object", "properties": {"stage": {**TEXT, "x-kubernetes-validations": [rule]}}})
    )
    assert "spec.stage" in causes(api.create(resource, body(resource, stage="second")))
    assert api.create(resource, body(resource, stage="first")).status_code == 201
    assert api.patch(resource, "w", {"spec": {"stage": "second"}}).status_code == 200


def test_a_fault_that_was_there_before_the_rule_is_forgiven(api: Api, widgets: Widgets) -> None:
    loose = ruled({"min": NUMBER, "note": TEXT})
    resource = widgets.define(loose)
    api.create(resource, body(resource, min=0))
    plural, _, rest = resource.partition(".")
    name = f"{plural}.{rest.partition('/')[0]}"
    strict = {**NUMBER, "x-kubernetes-validations": [{"rule": "self > 0"}]}
    tightened = version({"type": "object", "properties": {"min": strict, "note": TEXT}})
    api.patch(CRDS, name, {"spec": {"versions": [tightened]}})
    api.until(CRDS, name, lambda crd: crd["metadata"]["generation"] == 2)
    while api.create(resource, body(resource, "trial", min=0), dryRun="All").status_code == 201:
        pass  # a real server takes a moment to judge by the new schema
    assert api.patch(resource, "w", {"spec": {"note": "x"}}).status_code == 200
    assert "spec.min" in causes(api.patch(resource, "w", {"spec": {"min": -1}}))


@pytest.mark.parametrize(
    ("schema", "rule", "good", "bad"),
    [
        (TEXT, "isIP(self)", "10.0.0.1", "10.0.0"),
        (TEXT, "isIP(self) && ip(self).family() == 6", "::1", "10.0.0.1"),
        (TEXT, "isCIDR(self)", "10.0.0.0/8", "10.0.0.1"),
        (TEXT, "cidr('10.0.0.0/8').containsIP(self)", "10.1.2.3", "11.1.2.3"),
        (TEXT, "cidr('10.0.0.0/8').containsCIDR(self)", "10.1.0.0/16", "0.0.0.0/0"),
        (TEXT, "cidr(self).prefixLength() <= 16", "10.1.0.0/16", "10.1.2.0/24"),
        (TEXT, "isURL(self) && url(self).getScheme() == 'https'", "https://a.example.com/x", "http://a.example.com"),
        (TEXT, "url(self).getHostname() == 'a.example.com'", "https://a.example.com:8443/", "https://b.example.com/"),
        (TEXT, "quantity(self).isLessThan(quantity('1Gi'))", "512Mi", "2Gi"),
        (TEXT, "isQuantity(self) && quantity(self).isInteger()", "5", "500m"),
        (TEXT, "self.split('/').size() == 2", "a/b", "a"),
        (TEXT, "self.lowerAscii() == self", "abc", "aBc"),
        (TEXT, "self.indexOf('-') == -1", "ab", "a-b"),
        (TEXT, "self.replace('a', 'b') == 'bb'", "ab", "cc"),
        (TEXT, "self.substring(0, 2) == 'ab'", "abc", "bcd"),
        (TEXT, "self.trim() == self", "a b", " a "),
        (TEXT, "self.find('[0-9]+') == '42'", "x42y", "x43y"),
        (TEXT, "self.matches('^[a-z]+$')", "abc", "ABC"),
        (TEXT, "self.startsWith('a') && self.endsWith('z') && self.contains('m')", "amz", "az"),
        (TEXT, "!format.dns1123Label().validate(self).hasValue()", "a-b", "a_b"),
        (TEXT, "'%s-%d'.format([self, 1]) == 'a-1'", "a", "b"),
        ({"type": "array", "items": NUMBER}, "self.sum() == 6", [1, 2, 3], [1]),
        ({"type": "array", "items": NUMBER}, "self.isSorted()", [1, 2, 3], [3, 1]),
        ({"type": "array", "items": NUMBER}, "self.min() > 0 && self.max() < 10", [1, 9], [0, 9]),
        ({"type": "array", "items": TEXT}, "self.all(a, self.exists_one(b, a == b))", ["a", "b"], ["a", "a"]),
        ({"type": "array", "items": TEXT}, "self.join('') == 'ab'", ["a", "b"], ["b"]),
        ({"type": "array", "items": TEXT}, "sets.contains(['a', 'b'], self)", ["a"], ["c"]),
        ({"type": "object", "properties": {"a": TEXT}}, "self.?a.orValue('none') == 'none'", {}, {"a": "b"}),
        ({"type": "object", "properties": {"a": TEXT}}, "has(self.a)", {"a": "b"}, {}),
        ({"type": "object", "properties": {"namespace": TEXT}}, "self.__namespace__ == 'n'", {"namespace": "n"},
         {"namespace": "m"}),
        ({"type": "object", "additionalProperties": TEXT}, "self.all(k, k.startsWith('x'))", {"xa": "1"}, {"a": "1"}),
        ({"type": "string", "format": "duration"}, "self > duration('1s')", "2s", "500ms"),
        ({"type": "string", "format": "date-time"}, "self > timestamp('2020-01-01T00:00:00Z')", "2021-01-01T00:00:00Z",
         "2019-01-01T00:00:00Z"),
    ],
)  # fmt: skip
def test_rules_know_kubernetes_functions(
    api: Api, widgets: Widgets, schema: Object, rule: str, good: Any, bad: Any
) -> None:
    bounds = {"maxLength": 100} if schema["type"] == "string" else {}
    bounds |= {"maxItems": 10} if schema["type"] == "array" else {}
    bounds |= {"maxProperties": 10} if "additionalProperties" in schema else {}
    field = {**schema, **bounds, "x-kubernetes-validations": [{"rule": rule}]}
    resource = widgets.define(version({"type": "object", "properties": {"value": field}}))
    fine = api.create(resource, body(resource, value=good))
    assert fine.status_code == 201, fine.text
    assert "spec.value" in causes(api.create(resource, body(resource, "x", value=bad)))


# -- versions, columns, scale, deletion --------------------------------------------------------------------------------


def test_an_object_is_served_in_every_version(api: Api, widgets: Widgets) -> None:
    resource = widgets.define(version(SPEC), version(SPEC, "v1beta1", storage=False))
    make(api, resource)
    old = api.get(resource.replace("/v1", "/v1beta1"), "w").json()
    assert old["apiVersion"].endswith("/v1beta1")
    assert old["spec"]["size"] == 1


def test_a_watch_shows_the_version_that_it_asks_for(api: Api, widgets: Widgets) -> None:
    resource = widgets.define(version(SPEC), version(SPEC, "v1beta1", storage=False))
    make(api, resource)
    (event,) = [e for e in api.watch(resource.replace("/v1", "/v1beta1")) if e["type"] == "ADDED"]
    assert event["object"]["apiVersion"].endswith("/v1beta1")


def test_a_deprecated_version_warns(api: Api, widgets: Widgets) -> None:
    resource = widgets.define(version(SPEC, deprecated=True, deprecationWarning="use something else"))
    assert "use something else" in api.get(resource).headers["Warning"]


def test_printer_columns_are_shown(api: Api, widgets: Widgets) -> None:
    columns = [
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size"},
        {"name": "Phase", "type": "string", "jsonPath": ".status.phase"},
        {"name": "Ports", "type": "string", "jsonPath": ".spec.ports[*].port", "priority": 1},
    ]
    resource = widgets.define(version(SPEC, additionalPrinterColumns=columns))
    make(api, resource, size=3)
    table = api.get(resource, accept="application/json;as=Table;v=v1;g=meta.k8s.io").json()
    assert [(c["name"], c["priority"]) for c in table["columnDefinitions"]] == [
        ("Name", 0),
        ("Size", 0),
        ("Phase", 0),
        ("Ports", 1),
    ]
    assert table["rows"][0]["cells"][:2] == ["w", 3]


def test_fields_can_be_made_selectable(api: Api, widgets: Widgets) -> None:
    resource = widgets.define(version(SPEC, selectableFields=[{"jsonPath": ".spec.colour"}]))
    make(api, resource, colour="blue")
    assert len(api.get(resource, fieldSelector="spec.colour=blue").json()["items"]) == 1
    assert api.get(resource, fieldSelector="spec.colour=red").json()["items"] == []
    assert api.get(resource, fieldSelector="spec.size=1").status_code == 400


def test_a_scale_subresource_shows_and_sets_the_replicas(api: Api, widgets: Widgets) -> None:
    scale = {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.count"}
    resource = widgets.define(version(SPEC, subresources={"status": {}, "scale": scale}))
    make(api, resource, size=2)
    found = api.get(resource, "w/scale").json()
    assert (found["kind"], found["spec"]["replicas"]) == ("Scale", 2)
    found["spec"]["replicas"] = 5
    api.update(resource, "w/scale", found)
    assert api.get(resource, "w").json()["spec"]["size"] == 5


def test_a_deleted_definition_takes_its_objects_with_it(api: Api, widgets: Widgets) -> None:
    resource = widgets.define(version(SPEC))
    make(api, resource)
    name = f"widgets.{resource.partition('.')[2].partition('/')[0]}"
    api.delete(CRDS, name)
    api.until_gone(CRDS, name)
    assert api.get(resource, "w").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"metadata": {"name": "wrong.example.com"}}, "metadata.name"),
        ({"scope": "Galaxy"}, "spec.scope"),
        ({"versions": []}, "spec.versions"),
        ({"versions": [version(SPEC, storage=False)]}, "spec.versions"),
        ({"versions": [version({"properties": {}})]},
         "spec.versions[0].schema.openAPIV3Schema.properties[spec].type"),
        ({"versions": [version({"type": "array"})]},
         "spec.versions[0].schema.openAPIV3Schema.properties[spec].items"),
        ({"versions": [{"name": "v1", "served": True, "storage": True}]},
         "spec.versions[0].schema.openAPIV3Schema"),
        ({"versions": [ruled({"a": TEXT}, {"rule": "self.a =="})]},
         "spec.versions[0].schema.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule"),
    ],
)  # fmt: skip
def test_a_faulty_definition_is_refused(api: Api, change: Object, field: str) -> None:
    wrong = definition("faulty.example.com", version(SPEC))
    metadata = change.pop("metadata", None)
    wrong["metadata"] = metadata or wrong["metadata"]
    wrong["spec"] |= change
    assert field in causes(api.create(CRDS, wrong))


def test_a_kind_that_another_definition_has_is_not_accepted(api: Api, widgets: Widgets) -> None:
    resource = widgets.define(version(SPEC))
    group = resource.partition(".")[2].partition("/")[0]
    other = definition(group, version(SPEC))
    other["metadata"]["name"] = f"gadgets.{group}"
    other["spec"]["names"]["plural"] = "gadgets"
    api.create(CRDS, other)
    found = api.until(CRDS, f"gadgets.{group}", lambda crd: condition(crd, "NamesAccepted") == "False")
    api.delete(CRDS, f"gadgets.{group}")
    assert condition(found, "Established") != "True"
