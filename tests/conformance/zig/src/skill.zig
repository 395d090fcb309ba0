//! The conformance skill in Zig.

const std = @import("std");
const metier = @import("metier");
const c = metier.c;
const Result = metier.Result;

const Text = []const u8;

pub const values = @import("values.zig");
pub const webText = @import("web.zig").webText;

pub fn greet(name: Text) !Text {
    return std.fmt.allocPrint(metier.allocator, "Hello, {s}!", .{name});
}

pub fn fetchText(method: Text, url: Text, body: ?Text) !Text {
    const response = try metier.fetch(.{
        .method = method,
        .url = url,
        .headers = &.{.{ "x-conformance", "yes" }},
        .body = body,
    });
    if (response.status != 200) return metier.fail(error.Unavailable, "status {d}", .{response.status});
    return response.body;
}

const StoreError = union(enum) { no_such_store, access_denied, other: Text };

/// The answer of a store, or its error as the specification says.
fn kept(comptime T: type, comptime function: anytype, args: anytype) metier.Error!T {
    return switch (metier.import(Result(T, StoreError), function, args)) {
        .ok => |value| value,
        .err => |err| switch (err) {
            .no_such_store => metier.fail(error.NotFound, "no such store", .{}),
            .access_denied => metier.fail(error.Denied, "access denied", .{}),
            .other => |text| metier.fail(error.Unavailable, "{s}", .{text}),
        },
    };
}

fn open(bucket: Text) metier.Error!c.wasi_keyvalue_store_borrow_bucket_t {
    const own = try kept(c.wasi_keyvalue_store_own_bucket_t, c.wasi_keyvalue_store_open, .{bucket});
    return c.wasi_keyvalue_store_borrow_bucket(own);
}

pub fn kvGet(bucket: Text, key: Text) !?Text {
    return kept(?Text, c.wasi_keyvalue_store_method_bucket_get, .{ try open(bucket), key });
}

pub fn kvSet(bucket: Text, key: Text, value: Text) !void {
    return kept(void, c.wasi_keyvalue_store_method_bucket_set, .{ try open(bucket), key, value });
}

pub fn kvDelete(bucket: Text, key: Text) !void {
    return kept(void, c.wasi_keyvalue_store_method_bucket_delete, .{ try open(bucket), key });
}

pub fn kvExists(bucket: Text, key: Text) !bool {
    return kept(bool, c.wasi_keyvalue_store_method_bucket_exists, .{ try open(bucket), key });
}

pub fn kvIncrement(bucket: Text, key: Text, delta: u64) !u64 {
    return kept(u64, c.wasi_keyvalue_atomics_increment, .{ try open(bucket), key, delta });
}

pub fn configGet(key: Text) !?Text {
    const ConfigError = union(enum) { upstream: Text, io: Text };
    return switch (metier.import(Result(?Text, ConfigError), c.wasi_config_store_get, .{key})) {
        .ok => |value| value,
        .err => |err| switch (err) {
            inline else => |text| metier.fail(error.Denied, "{s}", .{text}),
        },
    };
}

pub fn logAll(message: Text) void {
    for (0..6) |level| metier.import(void, c.wasi_logging_logging_log, .{ @as(u8, @intCast(level)), @as(Text, "conformance"), message });
}

const ArtifactError = union(enum) { denied: Text, too_large: u64, invalid: Text, unavailable: Text };
const Artifact = struct { digest: Text, size: u64, name: Text, media_type: Text };

fn handed(comptime T: type, comptime function: anytype, args: anytype) metier.Error!T {
    return switch (metier.import(Result(T, ArtifactError), function, args)) {
        .ok => |value| value,
        .err => |err| switch (err) {
            .denied => |text| metier.fail(error.Denied, "{s}", .{text}),
            .too_large => |limit| metier.fail(error.Internal, "larger than {d} bytes", .{limit}),
            .invalid => |text| metier.fail(error.InvalidInput, "{s}", .{text}),
            .unavailable => |text| metier.fail(error.Unavailable, "{s}", .{text}),
        },
    };
}

pub fn artifactPut(name: Text, media_type: Text, body: []const u8) !Text {
    return (try handed(Artifact, c.metier_skill_artifacts_put, .{ name, media_type, body })).digest;
}

pub fn artifactWrite(name: Text, media_type: Text, pieces: []const []const u8) !Text {
    const writer = try handed(c.metier_skill_artifacts_own_writer_t, c.metier_skill_artifacts_static_writer_create, .{ name, media_type });
    const borrowed = c.metier_skill_artifacts_borrow_writer(writer);
    for (pieces) |piece| try handed(void, c.metier_skill_artifacts_method_writer_write, .{ borrowed, piece });
    return (try handed(Artifact, c.metier_skill_artifacts_static_writer_finish, .{writer})).digest;
}

pub fn progressReport(message: Text, fraction: ?f64) void {
    metier.import(void, c.metier_skill_progress_report, .{ message, fraction });
}

const Entry = struct { path: Text, size: u64 };

pub fn resourceList() ![]const struct { Text, u64 } {
    const entries = metier.import([]const Entry, c.metier_skill_resources_list, .{});
    const list = try metier.allocator.alloc(struct { Text, u64 }, entries.len);
    for (list, entries) |*to, from| to.* = .{ from.path, from.size };
    return list;
}

pub fn resourceRead(path: Text, offset: u64, length: u32) ?[]const u8 {
    return metier.import(?[]const u8, c.metier_skill_resources_read, .{ path, offset, length });
}

pub fn failWith(failure: metier.Failure) !void {
    return metier.failWith(failure);
}

noinline fn deepInside(message: Text) void {
    metier.panic(@src(), "{s}", .{message}); // conformance: crash line
}

pub fn crash(message: Text) !void {
    deepInside(message);
}

pub fn crashPlain(message: Text) void {
    deepInside(message);
}

pub fn spin() void {
    var turns: u32 = 0;
    const seen: *volatile u32 = &turns;
    while (true) seen.* +%= 1;
}

pub fn pause(milliseconds: u32) u64 {
    const start = std.Io.Clock.awake.now(metier.io);
    metier.io.sleep(.fromMilliseconds(milliseconds), .awake) catch {};
    const end = std.Io.Clock.awake.now(metier.io);
    return @intCast(start.durationTo(end).toMilliseconds());
}

pub fn regexFind(_: Text, _: Text) !bool {
    return metier.fail(error.Internal, "no regex", .{});
}

pub fn fillMemory(mebibytes: u32) !u32 {
    for (0..mebibytes) |_| {
        const piece: []volatile u8 = metier.allocator.alloc(u8, 1 << 20) catch @panic("out of memory");
        var page: usize = 0;
        while (page < piece.len) : (page += 4096) piece[page] = 1;
    }
    return mebibytes;
}

pub fn randomEveryday() !Text {
    const source: std.Random.IoSource = .{ .io = metier.io };
    return std.fmt.allocPrint(metier.allocator, "{d}", .{source.interface().int(u64)});
}

pub fn randomSecure() ![]const u8 {
    const bytes = try metier.allocator.alloc(u8, 16);
    try metier.io.randomSecure(bytes);
    return bytes;
}

pub fn timeNow() u64 {
    return @intCast(std.Io.Clock.real.now(metier.io).toMilliseconds());
}

pub fn printLines(out: Text, err: Text) !void {
    var buffer: [256]u8 = undefined;
    var stdout = std.Io.File.stdout().writer(metier.io, &buffer);
    try stdout.interface.print("{s}\n", .{out});
    try stdout.interface.flush();
    std.debug.print("{s}\n", .{err});
}

pub fn unlisted() Text {
    return "it ran";
}
