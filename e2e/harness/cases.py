"""Inputs made from the model: valid ones, and ones with a single thing wrong."""

import re
from typing import NamedTuple

# Longer texts and lists than this prove nothing more.
LONG = 20_000
# Under-approximations of what Python's expressions lack: whatever these let through, the model does.
CLASSES = {r"\p{L}": "a-zA-Z", r"\p{Z}": " ", r"\p{N}": "0-9", r"\p{M}": "", r"\p{S}": "+", r"\p{P}": "_",
           r"\u10000-\u10FFFF": ""}


class Case(NamedTuple):
    """A request, and the violation that it must be refused for; none where it must get past validation."""

    parameters: dict
    violation: str | None
    path: str
    is_secret: bool = False


def matches(shape, text):
    pattern = shape.get("pattern")
    if pattern is None:
        return True
    for known, stand_in in CLASSES.items():
        pattern = pattern.replace(known, stand_in)
    return re.fullmatch(pattern, text, re.ASCII) is not None


def of_length(shape, length):
    """A text of so many characters that keeps to the pattern, where one of the usual forms does."""
    if not 0 <= length <= LONG:
        return None
    if "enum" in shape:
        return next((value for value in shape["enum"] if len(value) == length), None)
    forms = [("", "a", ""), ("", "7", ""), ("", "A", ""), ("/", "a", "/"), ("/", "a", ""), ("v1", "", ""),
             ("o-aaaaaaaaaa/r-aaaa", "a", ""), ("o-", "a", ""), ("p-", "a", ""), ("https://", "a", "")]
    for start, fill, end in forms:
        text = start + fill * (length - len(start) - len(end)) + end
        if len(text) == length and matches(shape, text):
            return text
    return None


def text(shape):
    if "enum" in shape:
        return shape["enum"][0]
    least = shape.get("min", 1)
    found = (of_length(shape, length) for length in range(least, min(shape.get("max", LONG), least + 100) + 1))
    return next(text for text in found if text is not None)


class Inputs:
    """The cases of one operation."""

    def __init__(self, model, operation):
        self.model, self.input = model, model.input(operation)
        self.null = "Value null" if model.echoes else "Value"

    def shape(self, reference):
        return self.model.shapes[reference["shape"]]

    def valid(self, shape, name):
        """Parameters that say the least valid value."""
        kind = shape["type"]
        if kind == "structure":
            found = {}
            for member in shape.get("members", []):
                if member["name"] in shape.get("required", []):
                    found |= self.valid(self.shape(member), join(name, member["name"]))
            return found or {name: ""}
        if kind == "list":
            items = [self.valid(self.shape(shape["member"]), f"{name}.member.{n}") for n in range(1, max(1, shape.get("min", 0)) + 1)]
            return {key: value for item in items for key, value in item.items()}
        if kind == "map":
            return self.entries(shape, name, max(1, shape.get("min", 0)))
        scalars = {"boolean": "true", "timestamp": "2026-01-01T00:00:00Z", "blob": "BwcH"}
        if kind == "integer":
            return {name: str(max(shape.get("min", 7), min(7, shape.get("max", 7))))}
        return {name: scalars[kind] if kind in scalars else text(shape)}

    def entries(self, shape, name, count):
        """So many entries of a map, each with a key of its own."""
        found = {}
        for n in range(1, count + 1):
            found |= {f"{name}.entry.{n}.key": f"a{n}"} | self.valid(self.shape(shape["value"]), f"{name}.entry.{n}.value")
        return found

    def least(self):
        """The least valid input."""
        found = self.valid(self.input, "")
        found.pop("", None)
        return found

    def all(self):
        """Each member missing, at its bounds, past them, of another form, of another type."""
        yield from self.structure(self.input, "", "", lambda parameters: parameters)

    def structure(self, shape, name, path, around):
        members = shape.get("members", [])
        required = shape.get("required", [])
        least = {m["name"]: self.valid(self.shape(m), join(name, m["name"])) for m in members if m["name"] in required}
        for member in members:
            here, there = join(name, member["name"]), join(path, camel(member["name"]))
            rest = {key: value for other, part in least.items() if other != member["name"] for key, value in part.items()}
            if member["name"] in required:
                without = around(rest or ({name: ""} if name else {}))
                yield Case(without, f"{self.null} at '{there}' failed to satisfy constraint: Member must not be null", there)

            def with_rest(parameters, rest=rest):
                return around(rest | parameters)

            yield from self.value(self.shape(member), here, there, with_rest)

    def value(self, shape, name, path, around):
        for case in self.shaped(shape, name, path, around):
            yield case._replace(is_secret=True) if shape.get("sensitive") else case

    def shaped(self, shape, name, path, around):
        kind = shape["type"]
        if kind == "structure":
            yield Case(around({name: "x"}), "MalformedInput", path)
            yield from self.structure(shape, name, path, around)
        elif kind == "list":
            yield Case(around({name: "x"}), "MalformedInput", path)
            yield from self.list(shape, name, path, around)
        elif kind == "map":
            yield Case(around({name: "x"}), "MalformedInput", path)
            yield from self.map(shape, name, path, around)
        elif kind == "string":
            yield Case(around({f"{name}.member.1": "x"}), "MalformedInput", path)
            yield from self.string(shape, name, path, around)
        elif kind == "integer":
            for wrong in ("x", "1.5", "99999999999", ""):
                yield Case(around({name: wrong}), "MalformedInput", path)
            yield from bounds(shape, path, "value", lambda value: around({name: str(value)}))
        else:
            wrong = {"boolean": "maybe", "timestamp": "yesterday", "blob": "%%%"}[kind]
            yield Case(around({name: wrong}), "MalformedInput", path)

    def list(self, shape, name, path, around):
        item = self.shape(shape["member"])

        def many(count):
            if count > LONG:
                return None
            if count == 0:
                return around({name: ""})
            items = (self.valid(item, f"{name}.member.{n}") for n in range(1, count + 1))
            return around({key: value for one in items for key, value in one.items()})

        yield from bounds(shape, path, "length", many)
        spare = [self.valid(item, f"{name}.member.{n}") for n in range(2, shape.get("min", 0) + 1)]
        spare = {key: value for one in spare for key, value in one.items()}
        if item["type"] == "structure":
            yield from self.structure(item, f"{name}.member.1", f"{path}.1.member", lambda one: around(spare | one))
            return
        for case in self.value(item, f"{name}.member.1", path, lambda one: around(spare | one)):
            violation = case.violation
            if violation and violation != "MalformedInput":
                violation = f"at '{path}' failed to satisfy constraint: Member must satisfy constraint: ["
            yield case._replace(violation=violation)

    def map(self, shape, name, path, around):
        entry, value = f"{name}.entry.1", self.shape(shape["value"])
        yield from bounds(shape, path, "length", lambda count: around(self.entries(shape, name, count) or {name: ""}))
        whole = self.entries(shape, name, 1)
        for part in ("key", "value"):
            rest = {key: text for key, text in whole.items() if not key.startswith(f"{entry}.{part}")}
            yield Case(around(rest), "MalformedInput", path)
        if value["type"] == "structure":
            keyed = lambda one: around({f"{entry}.key": "a1"} | one)
            yield from self.structure(value, f"{entry}.value", f"{path}.a1.member", keyed)

    def string(self, shape, name, path, around):
        def sized(length):
            found = of_length(shape, length)
            return None if found is None else around({name: found})

        if "enum" not in shape:
            yield from bounds(shape, path, "length", sized)
        wrong, breaks = [], f"at '{path}' failed to satisfy constraint: Member must satisfy"
        if "pattern" in shape:
            form = f"{breaks} regular expression pattern: {shape['pattern']}"
            if "words" in shape:
                form = f"The specified value for {path} is invalid. {shape['words']}"
            # Too short a text hears of its length first.
            least = shape.get("min", 0)
            wrong = [("\x07" * max(1, least), form), ("a" * least + "\x07b", form)]
        if "enum" in shape:
            values = f"{breaks} enum value set: [{', '.join(shape['enum'])}]"
            cased = shape["enum"][0].swapcase()
            wrong += [(bad, values) for bad in ("nonesuch", "", cased) if bad not in shape["enum"]]
        for bad, violation in wrong:
            yield Case(around({name: bad}), violation, path)


def bounds(shape, path, what, make):
    """At each bound, and one past it."""
    for key, step, direction in (("min", -1, "greater"), ("max", 1, "less")):
        if key not in shape:
            continue
        bound = shape[key]
        constraint = f"Member must have {what} {direction} than or equal to {bound}"
        for value, violation in ((bound, None), (bound + step, f"at '{path}' failed to satisfy constraint: {constraint}")):
            parameters = make(value) if value >= 0 else None
            if parameters is not None:
                yield Case(parameters, violation, path)


def join(path, name):
    return f"{path}.{name}" if path else name


def camel(name):
    return name[:1].lower() + name[1:]
