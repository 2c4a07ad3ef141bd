"""The services' models as they are checked in under `model/`, and whether an answer on the wire keeps to them."""

import base64
import functools
import json
import re
import urllib.parse
from xml.etree import ElementTree

from harness import REPOSITORY

# Shapes whose lengths AWS's own answers do not keep to: a fingerprint has 47 characters where the model says 48, the
# root user's id is the account's 12, and some documents of managed policies are longer than one may write.
UNMEASURED = {"publicKeyFingerprintType", "idType", "policyDocumentType"}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z")


class Model:
    """One service: its operations by name and its shapes by name."""

    def __init__(self, service):
        raw = json.loads((REPOSITORY / f"model/{service}.json").read_text())
        patches = json.loads((REPOSITORY / "model/patches.json").read_text())
        self.service, self.shapes = service, raw["shapes"]
        self.namespace, self.version = raw["metadata"]["xmlNamespace"], raw["metadata"]["apiVersion"]
        for name, shape in self.shapes.items():
            shape["name"] = name
        self.operations = {operation["name"]: operation for operation in raw["operations"]}
        self.echoes = False
        for patch in patches.get(service, []):
            if patch.get("service"):
                self.echoes = patch["set"].get("echoValues", self.echoes)
            for target in self.targets(patch):
                target |= patch["set"]

    def targets(self, patch):
        """What a patch changes; `xtask` applies them so, too."""
        if "pattern" in patch:
            return [shape for shape in self.shapes.values() if shape.get("pattern") == patch["pattern"]]
        if "shape" not in patch:
            return []
        if "copy" in patch:
            self.shapes[patch["shape"]] = self.shapes[patch["copy"]] | {"name": patch["shape"]}
        shape = self.shapes[patch["shape"]]
        return [m for m in shape["members"] if m["name"] == patch["member"]] if "member" in patch else [shape]

    def input(self, operation):
        return self.shapes[operation["input"]["shape"]] if "input" in operation else {"type": "structure", "members": []}


@functools.cache
def model(service):
    return Model(service)


class Answer:
    """What a successful answer says, against the output's shape: `wrong` is empty when it keeps to it."""

    def __init__(self, service, name, text):
        self.model, self.wrong, self.paths = model(service), [], set()
        self.operation = self.model.operations[name]
        root = ElementTree.fromstring(text)
        self.space = f"{{{self.model.namespace}}}"
        if root.tag != f"{self.space}{name}Response":
            self.complain("", f"the root is {root.tag}")
        parts = [self.local(part) for part in root]
        expected = ["ResponseMetadata"]
        if output := self.operation.get("output"):
            expected.insert(0, output["resultWrapper"])
        if parts != expected:
            self.complain("", f"has {parts} instead of {expected}")
        elif output:
            self.structure(root[0], self.model.shapes[output["shape"]], "")
            self.paging(root[0])

    def complain(self, path, what):
        self.wrong.append(f"{self.operation['name']}{path}: {what}")

    def local(self, element):
        if not element.tag.startswith(self.space) or element.attrib:
            self.complain("", f"{element.tag} {element.attrib} is not of the namespace")
        return element.tag.removeprefix(self.space)

    def value(self, element, shape, path):
        kind = shape["type"]
        if kind in ("structure", "list", "map"):
            getattr(self, kind)(element, shape, path)
            return
        text = element.text or ""
        if len(element):
            self.complain(path, "has elements inside")
        elif kind == "string":
            self.string(text, shape, path)
        elif kind == "boolean" and text not in ("true", "false"):
            self.complain(path, f"{text!r} is no boolean")
        elif kind == "integer" and not re.fullmatch(r"-?\d+", text):
            self.complain(path, f"{text!r} is no integer")
        elif kind == "timestamp" and not INSTANT.fullmatch(text):
            self.complain(path, f"{text!r} is no instant")
        elif kind == "blob":
            base64.b64decode(text, validate=True)

    def string(self, text, shape, path):
        if shape.get("urlEncoded"):
            text = urllib.parse.unquote(text)
        if "enum" in shape and text not in shape["enum"]:
            self.complain(path, f"{text!r} is none of {shape['enum']}")
        if shape["name"] not in UNMEASURED and not shape.get("min", 0) <= len(text) <= shape.get("max", len(text)):
            self.complain(path, f"has {len(text)} characters")

    def structure(self, element, shape, path):
        order = [member["name"] for member in shape.get("members", [])]
        members = {member.get("locationName", member["name"]): member for member in shape.get("members", [])}
        seen = []
        for child in element:
            name = self.local(child)
            if name not in members:
                self.complain(path, f"{name} is not in the model")
                continue
            seen.append(members[name]["name"])
            below = f"{path}.{members[name]['name']}"
            self.paths.add(below)
            self.value(child, self.model.shapes[members[name]["shape"]], below)
        if seen != [name for name in order if name in seen]:
            self.complain(path, f"{seen} is not in the model's order, or has one twice")
        if missing := set(shape.get("required", [])) - set(seen):
            self.complain(path, f"lacks {sorted(missing)}")

    def list(self, element, shape, path):
        item = shape["member"]
        for child in element:
            if self.local(child) != item.get("locationName", "member"):
                self.complain(path, f"has an item {child.tag}")
            self.value(child, self.model.shapes[item["shape"]], path)

    def map(self, element, shape, path):
        for child in element:
            if [self.local(part) for part in [child, *child]] != ["entry", "key", "value"]:
                self.complain(path, f"has an entry {child.tag}")
                continue
            self.value(child[0], self.model.shapes[shape["key"]["shape"]], path)
            self.value(child[1], self.model.shapes[shape["value"]["shape"]], path)

    def paging(self, result):
        """A list says whether there is more, and only then where to go on."""
        pages = self.operation.get("pages", {})
        if "more_results" not in pages:
            return
        more = result.findtext(f"{self.space}{pages['more_results']}")
        marker = result.findtext(f"{self.space}{pages['output_token']}")
        if more not in ("true", "false") or (more == "true") != bool(marker):
            self.complain("", f"says {more!r} of more, and {marker!r} of where")
