"""Diagnosis of a pod: self-test of the pod, and checks of port, line and versions on this machine."""
