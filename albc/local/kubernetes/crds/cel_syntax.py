"""What Kubernetes' CEL has in syntax that the library has not: optional fields, and names that are no identifiers."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""(?P<string>r?"(?:\\.|[^"\\])*"|r?'(?:\\.|[^'\\])*')
      | (?P<optional>\.\?\s*(?P<field>[A-Za-z_]\w*))
      | (?P<index>\[\?)
      | (?P<select>\.\s*(?P<name>[A-Za-z_]\w*)(?P<call>\s*\()?)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_OPENING = {"(": ")", "[": "]", "{": "}"}

# k8s.io/apiserver cel/escaping.go
_RESERVED = frozenset(
    {
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
        "let", "loop", "package", "namespace", "return", "var", "void", "while",
    }
)  # fmt: skip
_SYMBOLS = {".": "__dot__", "-": "__dash__", "/": "__slash__", "__": "__underscores__"}
_IDENTIFIER = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*$")


def escaped(name: str) -> str:
    """How a rule writes a property name: `namespace` as `__namespace__`, `a-b` as `a__dash__b`."""
    if name in _RESERVED:
        return f"__{name}__"
    if _IDENTIFIER.match(name) and "__" not in name:
        return name
    return re.sub(r"__|[.\-/]", lambda match: _SYMBOLS[match[0]], name)


def without_optional_syntax(expression: str) -> str:
    """The same with `a.?b` as `a.optionalField("b")`, `a[?k]` as `a.optionalIndex(k)`; fields after them likewise."""
    if ".?" not in expression and "[?" not in expression:
        return expression
    written: list[str] = []
    closing: list[tuple[str, bool]] = []
    chained = False  # whether the expression so far is an optional, so that a selected field is one too
    for token in _TOKEN.finditer(expression):
        if token["optional"]:
            written.append(f'.optionalField("{token["field"]}")')
            chained = True
        elif token["index"]:
            written.append(".optionalIndex(")
            closing.append((")", True))
            chained = False
        elif token["select"]:
            if chained and not token["call"]:
                written.append(f'.optionalField("{token["name"]}")')
                continue
            written.append(token["select"])
            chained = False
            if token["call"]:
                closing.append((")", False))
        elif token["other"] and token["other"] in _OPENING:
            written.append(token["other"])
            closing.append((_OPENING[token["other"]], False))
            chained = False
        elif token["other"] and token["other"] in ")]}" and closing:
            text, chained = closing.pop()
            written.append(text)
        else:
            written.append(token[0])
            chained = chained and token[0].isspace()
    return "".join(written)
