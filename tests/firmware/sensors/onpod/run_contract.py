"""Run every check of the contract on one chip and print one JSON line each."""

import gc
import json
import sys

import contract
import workbench

for name in workbench.CONFIG["checks"]:
    gc.collect()
    try:
        getattr(contract, name)()
        print(json.dumps({"check": name, "fault": None}))
    except Exception as fault:
        sys.print_exception(fault, sys.stderr)
        print(json.dumps({"check": name, "fault": "%s: %s" % (type(fault).__name__, fault)}))
