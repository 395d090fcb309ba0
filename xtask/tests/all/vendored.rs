//! The vendored WIT is what its lock says, and the lock is of the wasmtime in use.

use std::process::Command;

use crate::tree;

#[test]
fn the_vendored_wit_has_not_drifted() {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["vendor-wit", "--check"])
        .current_dir(tree::root())
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
}
