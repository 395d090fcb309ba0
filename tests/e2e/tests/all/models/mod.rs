//! Models over the wire: every format against emulated providers, through egress, over real loopback connections.

mod failures;
mod formats;
mod reach;
mod runs;
mod scene;
