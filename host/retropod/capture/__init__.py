"""Archive for a bug report: state, settings, faults, self-test and samples of a pod."""
