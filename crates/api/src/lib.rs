//! Generated from AWS's service models: inputs, outputs, faults, shape tables and operations
