//! The embedded store: versioned records in one SQLite file, committed in groups
