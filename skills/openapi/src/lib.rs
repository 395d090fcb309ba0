//! Any HTTP API as tools.
