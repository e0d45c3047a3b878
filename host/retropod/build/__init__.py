"""Build of the app as the pod runs it: compiled, shrunk and packed."""
