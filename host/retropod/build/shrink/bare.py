"""Delete the names that MicroPython stores in each module and class, because nothing on the pod reads them.

A statement in place of the docstring, which is not compiled, deletes them first. So the next names take their places.
A package keeps its names, because an import reads them.
"""

import ast

from retropod.build import source_edits

_IN_MODULE = "del __file__, __name__"
_IN_CLASS = "del __module__, __qualname__"


def bared(path: str, text: str) -> str:
    """Return the source of a module with these statements. Without a docstring, a module or class stays unchanged."""
    changes: dict[source_edits.Span, str] = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef) and ast.get_docstring(node, clean=False) is not None:
            if isinstance(node, ast.ClassDef):
                changes[source_edits.span(node.body[0])] = _IN_CLASS
            elif not path.endswith("__init__.py"):
                changes[source_edits.span(node.body[0])] = _IN_MODULE
    return source_edits.applied(text, changes)
