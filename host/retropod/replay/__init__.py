"""Replay of recordings through the firmware on a virtual pod."""
