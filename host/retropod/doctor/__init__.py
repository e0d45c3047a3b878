"""What is wrong with a pod and what mends it: the pod's tests of itself, and those of everything up to it."""
