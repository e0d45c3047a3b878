"""Stored runs as files that other tools read: CSV, Parquet, JSON lines, npz and FIT."""
