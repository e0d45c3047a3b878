"""AST transform that checks every integer result of viper functions against the pod's 32 bits."""

import ast

_LOW, _HIGH = -(1 << 31), 1 << 31


class Overflow(Exception):
    """A result that does not fit int32."""


def wrapped(value):
    """Return the 32-bit value of a result that is intended to wrap."""
    return (value - _LOW) % (_HIGH - _LOW) + _LOW


def checker(name):
    """Return the function that checks every result of file `name`."""

    def fits(value, line):
        if isinstance(value, int) and not _LOW <= value < _HIGH:
            raise Overflow(f"{name}:{line}: {value} does not fit 32 bits")
        return value

    return fits


class Checked(ast.NodeTransformer):
    """Wraps the results of arithmetic in functions decorated with viper; `fits` must be in their globals."""

    def __init__(self):
        self._inside = False

    def visit_FunctionDef(self, node):
        viper = any(isinstance(d, ast.Attribute) and d.attr == "viper" for d in node.decorator_list)
        outer, self._inside = self._inside, viper
        node.body = [self.visit(statement) for statement in node.body]
        self._inside = outer
        return node

    def visit_BinOp(self, node):
        self.generic_visit(node)
        return self._checked(node, node.lineno)

    def visit_UnaryOp(self, node):
        self.generic_visit(node)
        return node if isinstance(node.op, ast.Not) else self._checked(node, node.lineno)

    def visit_AugAssign(self, node):
        self.generic_visit(node)
        if not self._inside:
            return node
        load = ast.parse(ast.unparse(node.target), mode="eval").body
        value = self._checked(ast.BinOp(load, node.op, node.value), node.lineno)
        return ast.fix_missing_locations(ast.copy_location(ast.Assign([node.target], value), node))

    def _checked(self, node, line):
        if not self._inside:
            return node
        call = ast.Call(ast.Name("fits", ast.Load()), [node, ast.Constant(line)], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))
