"""Starts an app that does on a byte from the host what a pod's app may do late."""

from pod import app

app.run()
