"""A session without hardware: a virtual pod, or where that cannot run, a capture of one."""
