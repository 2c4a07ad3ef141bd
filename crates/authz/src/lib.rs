//! The decision point: gathers what applies to a caller, asks the engine, mints permits
