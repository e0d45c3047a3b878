"""A simulated week of a pod and its host: the pod's clock, recorder and run files, the host's sync, store and times."""
