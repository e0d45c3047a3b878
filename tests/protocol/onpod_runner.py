"""Run test files on MicroPython: every function `test_*` of each file, in order. The last line has the counts.

    micropython onpod_runner.py FOLDER_OF_RETROWIRE FILE.py ...

The counterpart of pytest for `tests/protocol/shared` and `tests/protocol/onpod`.
"""

import gc
import sys


def run(path):
    """Run the tests of one file and return (passed, failed)."""
    space = {"__name__": path, "__file__": path}
    with open(path) as file:
        exec(file.read(), space)
    passed = failed = 0
    for name in sorted(space):
        if name.startswith("test_"):
            if passes(path, name, space[name]):
                passed += 1
            else:
                failed += 1
    return passed, failed


def passes(path, name, test):
    try:
        test()
    except Exception as error:
        print("FAILED %s::%s" % (path, name))
        sys.print_exception(error)
        return False
    print("passed %s::%s" % (path, name))
    if gc.isenabled():
        gc.collect()
    return True


def main(folder, paths):
    """Run all files and return the number of failed tests."""
    sys.path.append(folder)
    passed = failed = 0
    for path in paths:
        one = run(path)
        passed += one[0]
        failed += one[1]
    print("%d passed, %d failed" % (passed, failed))
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1], sys.argv[2:]) else 0)
