"""Tables of the index, as SQL."""

VERSION = 2
"""Number of these tables, and of the definitions of the values in them. Raise it with every change of either."""

_OF_RUN = "file TEXT NOT NULL REFERENCES runs ON DELETE CASCADE"
_TABLES = {
    # `file`: path within the store, quoted as in a URL. `stamp`: size and time of the file and of its tags.
    "runs": "file TEXT PRIMARY KEY, stamp TEXT NOT NULL, pod TEXT NOT NULL, run INTEGER NOT NULL, wearer TEXT, "
    "pod_name TEXT, side TEXT, start_s REAL, start_error_s REAL, own_clock INTEGER NOT NULL, duration_s REAL, "
    "problem TEXT, mtime_s REAL NOT NULL",
    "directions": f"{_OF_RUN}, direction TEXT NOT NULL, strides INTEGER NOT NULL, metres REAL, "
    "seconds REAL NOT NULL, PRIMARY KEY (file, direction)",
    "bouts": f"{_OF_RUN}, number INTEGER NOT NULL, direction TEXT NOT NULL, start_s REAL NOT NULL, "
    "end_s REAL NOT NULL, strides INTEGER NOT NULL, metres REAL, PRIMARY KEY (file, number)",
    "laps": f"{_OF_RUN}, place INTEGER NOT NULL, number INTEGER NOT NULL, at_s REAL, PRIMARY KEY (file, place)",
    "tags": f"{_OF_RUN}, key TEXT NOT NULL, value NOT NULL, PRIMARY KEY (file, key)",
    "clocks": "pod TEXT PRIMARY KEY, stamp TEXT NOT NULL",
}
_SUMS = "count(*) AS runs, min(start_s) AS first_s, max(start_s) AS last_s, total(duration_s) AS duration_s"
_VIEWS = {
    "wearers": f"SELECT wearer, {_SUMS} FROM runs WHERE wearer IS NOT NULL GROUP BY wearer",
    "pods": f"SELECT pod, max(pod_name) AS pod_name, {_SUMS} FROM runs GROUP BY pod",
    "shoes": f"SELECT value AS shoe, {_SUMS} FROM tags JOIN runs USING (file) WHERE key = 'shoe' GROUP BY value",
    "notes": "SELECT file, value AS note FROM tags WHERE key = 'note'",
}

DROP = (
    *(f"DROP VIEW IF EXISTS {name}" for name in _VIEWS),
    *(f"DROP TABLE IF EXISTS {name}" for name in reversed(_TABLES)),
)
CREATE = (
    *(f"CREATE TABLE {name} ({columns}) WITHOUT ROWID" for name, columns in _TABLES.items()),
    *(f"CREATE VIEW {name} AS {query}" for name, query in _VIEWS.items()),
    f"PRAGMA user_version={VERSION}",
)
