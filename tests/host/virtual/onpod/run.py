"""Runs every `check_` function of one module on MicroPython; one JSON line each, so that the host can count them."""

import json
import os
import sys

import rig
import vpod.wave

config = json.loads(os.getenv("CHECKS"))  # an argument of more than 255 bytes ends the runtime
rig.PATH = config["wave"]
vpod.wave.MOUNT_POINT = ""  # here the host's files are where they are
module = __import__(config["module"])
for name in config["checks"]:
    try:
        getattr(module, name)()
        print(json.dumps({"check": name, "fault": None}))
    except Exception as fault:
        sys.print_exception(fault, sys.stderr)
        print(json.dumps({"check": name, "fault": "%s: %s" % (type(fault).__name__, fault)}))
