"""Recordings through the firmware on a virtual pod."""
