"""Starts an app that runs late steps of a pod's app on a byte from the host."""

from pod import app

app.run()
