//! The numbers, each with its unit and its reason.

use std::time::Duration;

use super::Limits;

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// 64 MiB: the largest guest language measured (Python with a real library) stays under 40 MiB.
const MEMORY_BYTES: u64 = 64 * MIB;
/// 65,536 elements: StarlingMonkey's table, the largest measured, is a quarter of it; 8 bytes each in the host.
const TABLE_ELEMENTS: u64 = 65_536;
/// 5 s on a processor: a thousand times a usual call, and a hostile one is gone before anybody waits for it.
const CPU: Duration = Duration::from_secs(5);
/// 60 s on the wall: longer than services let one request hang, and what MCP clients wait.
const WALL: Duration = Duration::from_secs(60);
/// 64 KiB of log: some thousand lines; more is a dump and belongs in an artifact.
const LOG_BYTES: u64 = 64 * KIB;
/// 32 MiB of artifacts: a slide deck with pictures.
const ARTIFACT_BYTES: u64 = 32 * MIB;
/// 100 requests: fifty pages and their redirects; a storm stops early.
const REQUESTS: u32 = 100;
/// 8 MiB sent: uploads are chunked beyond that by every service we know.
const REQUEST_BYTES: u64 = 8 * MIB;
/// 32 MiB received: half the default memory, so a guest that buffers it all can still work on it.
const RESPONSE_BYTES: u64 = 32 * MIB;
/// 4 MiB of answer: far beyond what a model reads; larger results are artifacts.
const RESULT_BYTES: u64 = 4 * MIB;
/// 1 MiB of arguments: a model writes less, a program that needs more passes a file.
const ARGUMENTS_BYTES: u64 = MIB;

/// What a call may use when nobody said anything.
pub(super) const LIMITS: Limits = Limits {
    memory_bytes: MEMORY_BYTES,
    table_elements: TABLE_ELEMENTS,
    cpu: CPU,
    wall: WALL,
    log_bytes: LOG_BYTES,
    artifact_bytes: ARTIFACT_BYTES,
    requests: REQUESTS,
    request_bytes: REQUEST_BYTES,
    response_bytes: RESPONSE_BYTES,
    result_bytes: RESULT_BYTES,
    arguments_bytes: ARGUMENTS_BYTES,
};

/// What no grant can exceed on a host that was not set up differently: a laptop survives some calls of this size.
pub(super) const HOST_CEILING: Limits = Limits {
    // wasm32 ends at 4 GiB; a quarter of it leaves room for neighbours.
    memory_bytes: 1024 * MIB,
    // What a slot of the runtime's pool has.
    table_elements: 100_000,
    // Long computations belong in several calls, which can be cancelled and resumed.
    cpu: Duration::from_secs(10 * 60),
    wall: Duration::from_secs(60 * 60),
    log_bytes: 16 * MIB,
    artifact_bytes: 4096 * MIB,
    requests: 10_000,
    request_bytes: 4096 * MIB,
    response_bytes: 4096 * MIB,
    // Held in memory whole, host side, several times over.
    result_bytes: 64 * MIB,
    arguments_bytes: 16 * MIB,
};
