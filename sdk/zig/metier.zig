//! What Zig lacks to write a skill in: values as Zig types, errors with a message, panics that say where, HTTP.
//!
//! A tool is an ordinary function of your root file with the name of the WIT function in camelCase. Parameters and
//! results are Zig types with the shape of the WIT types, checked when you compile:
//!
//! | WIT | Zig |
//! |---|---|
//! | `string`, `list<T>` | `[]const u8`, `[]const T` |
//! | `option<T>` | `?T` |
//! | `record`, `tuple` | `struct` with the same field names (snake_case), tuple `struct { A, B }` |
//! | `enum`, `flags` | `enum(u8)`, `packed struct(u8)` |
//! | `variant` | `union(enum)` with the same cases in the same order |
//! | `result<T, error>` of a tool | `Error!T` |
//! | any other `result<T, E>` | `Result(T, E)` |
//!
//! A call runs in an instance of its own that is thrown away afterwards: nothing has to be freed.

const std = @import("std");

/// The bindings of your world as C sees them.
pub const c = @import("bindings");

/// For everything a call needs.
pub const allocator = std.heap.c_allocator;

/// Files, clocks and randomness of the host, as `std` wants them.
pub const io = std.Options.debug_io;

/// What a tool can fail with. Anything else a tool's error set holds is reported as `internal` with the error's name.
pub const Error = error{
    InvalidInput,
    Unauthorized,
    Denied,
    NotFound,
    Conflict,
    RateLimited,
    Unavailable,
    Internal,
};

/// The same as a value: `metier:skill/types.error`.
pub const Failure = union(enum) {
    invalid_input: []const u8,
    unauthorized: []const u8,
    denied: []const u8,
    not_found: []const u8,
    conflict: []const u8,
    rate_limited: RateLimit,
    unavailable: []const u8,
    internal: []const u8,
};

/// How long to stay away.
pub const RateLimit = struct { message: []const u8, retry_after_seconds: ?u32 = null };

/// A WIT `result` as a value.
pub fn Result(comptime T: type, comptime E: type) type {
    return union(enum) { ok: T, err: E };
}

/// The message of the error on its way out.
var failure: ?Failure = null;

/// An error with a message: `return metier.fail(error.NotFound, "no city {s}", .{city});`
pub fn fail(err: Error, comptime format: []const u8, args: anytype) Error {
    const message = std.fmt.allocPrint(allocator, format, args) catch "out of memory";
    return failWith(switch (err) {
        error.InvalidInput => .{ .invalid_input = message },
        error.Unauthorized => .{ .unauthorized = message },
        error.Denied => .{ .denied = message },
        error.NotFound => .{ .not_found = message },
        error.Conflict => .{ .conflict = message },
        error.RateLimited => .{ .rate_limited = .{ .message = message } },
        error.Unavailable => .{ .unavailable = message },
        error.Internal => .{ .internal = message },
    });
}

/// The same from a value.
pub fn failWith(value: Failure) Error {
    failure = value;
    return switch (value) {
        .invalid_input => error.InvalidInput,
        .unauthorized => error.Unauthorized,
        .denied => error.Denied,
        .not_found => error.NotFound,
        .conflict => error.Conflict,
        .rate_limited => error.RateLimited,
        .unavailable => error.Unavailable,
        .internal => error.Internal,
    };
}

/// The error that fits a status of an upstream; `what` says what was asked for.
pub fn failStatus(status: u16, what: []const u8) Error {
    return fail(switch (status) {
        400, 422 => error.InvalidInput,
        401 => error.Unauthorized,
        403 => error.Denied,
        404, 410 => error.NotFound,
        409, 412 => error.Conflict,
        429 => error.RateLimited,
        else => error.Unavailable,
    }, "{s}: the service answered {d}", .{ what, status });
}

/// What to report for `err`: the failure that was made for it, or its name.
fn report(err: anyerror) Failure {
    if (failure) |value| if (err == @as(anyerror, failWith(value))) return value;
    const name = @errorName(err);
    return switch (err) {
        error.InvalidInput => .{ .invalid_input = name },
        error.Unauthorized => .{ .unauthorized = name },
        error.Denied => .{ .denied = name },
        error.NotFound => .{ .not_found = name },
        error.Conflict => .{ .conflict = name },
        error.RateLimited => .{ .rate_limited = .{ .message = name } },
        error.Unavailable => .{ .unavailable = name },
        else => .{ .internal = name },
    };
}

/// Stops the call with a message; the call's report names file, line and function. `@panic` cannot name them here.
pub fn panic(comptime at: std.builtin.SourceLocation, comptime format: []const u8, args: anytype) noreturn {
    std.debug.print("{s}:{d}: {s}: " ++ format ++ "\n", .{ at.file, at.line, at.fn_name } ++ args);
    @trap();
}

/// What `@panic` and failed safety checks do.
pub fn panicked(message: []const u8, _: ?usize) noreturn {
    std.debug.print("panic: {s}\n", .{message});
    @trap();
}

/// One header.
pub const Header = struct { []const u8, []const u8 };

/// A request.
pub const Request = struct {
    method: []const u8 = "GET",
    url: []const u8,
    headers: []const Header = &.{},
    body: ?[]const u8 = null,
    timeout_ms: ?u32 = null,
    follow_redirects: u8 = 5,
};

/// An answer, whatever its status.
pub const Response = struct {
    status: u16,
    headers: []const Header,
    body: []const u8,
    url: []const u8,
};

/// Why the host refused something.
pub const Denial = struct { code: []const u8, message: []const u8 };

/// Why there is no answer.
pub const FetchError = union(enum) {
    denied: Denial,
    invalid_request: []const u8,
    timeout: []const u8,
    @"unreachable": []const u8,
    too_large: u64,
};

/// Sends a request and waits for the answer.
pub fn fetch(request: Request) Error!Response {
    return switch (import(Result(Response, FetchError), c.metier_skill_fetch_fetch, .{request})) {
        .ok => |response| response,
        .err => |err| switch (err) {
            .denied => |it| fail(error.Denied, "{s}: {s}", .{ it.code, it.message }),
            .invalid_request => |text| fail(error.InvalidInput, "{s}", .{text}),
            .timeout, .@"unreachable" => |text| fail(error.Unavailable, "{s}", .{text}),
            .too_large => |limit| fail(error.Internal, "larger than {d} bytes", .{limit}),
        },
    };
}

/// Calls any import of your world: `metier.import(?[]const u8, metier.c.metier_skill_resources_read, .{ path, 0, 100 })`.
pub fn import(comptime R: type, comptime function: anytype, args: anytype) R {
    const F = @typeInfo(@TypeOf(function)).@"fn";
    const has_result = F.param_types.len > args.len;
    var memory: Lowered(F, args.len) = undefined;
    var raw: std.meta.ArgsTuple(@TypeOf(function)) = undefined;
    inline for (0..args.len) |i| {
        memory[i] = lower(Pointee(F.param_types[i].?), args[i]);
        raw[i] = if (comptime isPointer(F.param_types[i].?)) &memory[i] else memory[i];
    }
    if (!has_result) return lift(R, @call(.auto, function, raw));
    var result: Pointee(F.param_types[args.len].?) = undefined;
    raw[args.len] = &result;
    @call(.auto, function, raw);
    return lift(R, result);
}

fn Lowered(comptime F: std.builtin.Type.Fn, comptime count: usize) type {
    var types: [count]type = undefined;
    for (&types, F.param_types[0..count]) |*T, P| T.* = Pointee(P.?);
    return @Tuple(&types);
}

/// Parameter `index` of the C function `name`; for the file that exports the tools.
pub fn Param(comptime name: []const u8, comptime index: usize) type {
    return @typeInfo(@TypeOf(@field(c, name))).@"fn".param_types[index].?;
}

/// Result of the C function `name`.
pub fn Return(comptime name: []const u8) type {
    return @typeInfo(@TypeOf(@field(c, name))).@"fn".return_type.?;
}

/// Calls a tool with the arguments, and where there is one the place for the result, of the C function `name`.
pub fn call(comptime name: []const u8, comptime tool: anytype, raw: anytype) Return(name) {
    const F = @typeInfo(@TypeOf(tool)).@"fn";
    const count = F.param_types.len;
    if (count != raw.len and count + 1 != raw.len)
        @compileError(std.fmt.comptimePrint("the function for {s} takes {d} parameters, the WIT says otherwise", .{ name, count }));
    var args: std.meta.ArgsTuple(@TypeOf(tool)) = undefined;
    inline for (0..count) |i| {
        const value = if (comptime isPointer(@TypeOf(raw[i]))) raw[i].* else raw[i];
        args[i] = lift(F.param_types[i].?, value);
    }
    const answer = @call(.auto, tool, args);
    if (raw.len > count) {
        const out = raw[count];
        out.* = lowerAnswer(Pointee(@TypeOf(out)), answer);
    } else return lowerAnswer(Return(name), answer);
}

fn lowerAnswer(comptime C: type, answer: anytype) C {
    const T = @TypeOf(answer);
    if (@typeInfo(T) != .error_union) return lower(C, answer);
    if (comptime !isResult(C)) return lower(C, answer catch |err| panicked(@errorName(err), null));
    const Payload = @typeInfo(T).error_union.payload;
    return lower(C, if (answer) |value|
        Result(Payload, Failure){ .ok = value }
    else |err|
        Result(Payload, Failure){ .err = report(err) });
}

fn isResult(comptime C: type) bool {
    return @typeInfo(C) == .@"struct" and @hasField(C, "is_err");
}

fn isPointer(comptime T: type) bool {
    return @typeInfo(T) == .pointer;
}

fn Pointee(comptime T: type) type {
    return if (isPointer(T)) @typeInfo(T).pointer.child else T;
}

/// A value of the C bindings → the Zig value of the same shape.
pub fn lift(comptime T: type, from: anytype) T {
    if (T == @TypeOf(from)) return from;
    return switch (@typeInfo(T)) {
        .void => {},
        .int => @intCast(from),
        .bool, .float => from,
        .@"enum" => @enumFromInt(from),
        .optional => |info| if (from.is_some) lift(info.child, from.val) else null,
        .pointer => |info| liftList(info.child, from),
        .@"struct" => |info| if (info.layout == .@"packed") @bitCast(from) else liftStruct(T, from),
        .@"union" => liftUnion(T, from),
        else => @compileError("no WIT type has the shape of " ++ @typeName(T)),
    };
}

fn liftList(comptime T: type, from: anytype) []const T {
    if (from.len == 0) return &.{};
    if (T == Pointee(@TypeOf(from.ptr))) return from.ptr[0..from.len];
    const items = allocator.alloc(T, from.len) catch panicked("out of memory", null);
    for (items, from.ptr[0..from.len]) |*item, value| item.* = lift(T, value);
    return items;
}

fn liftStruct(comptime T: type, from: anytype) T {
    const info = @typeInfo(T).@"struct";
    var to: T = undefined;
    inline for (info.field_names) |name| {
        @field(to, name) = lift(@FieldType(T, name), @field(from, inC(T, name)));
    }
    return to;
}

fn liftUnion(comptime T: type, from: anytype) T {
    const C = @TypeOf(from);
    const tag: usize = if (comptime isResult(C)) @intFromBool(from.is_err) else from.tag;
    inline for (@typeInfo(T).@"union".field_names, 0..) |name, index| {
        if (tag == index) {
            const Payload = @FieldType(T, name);
            return @unionInit(T, name, if (Payload == void) {} else lift(Payload, @field(from.val, name)));
        }
    }
    unreachable;
}

/// A Zig value → a value of the C bindings, in memory that their `free` accepts.
pub fn lower(comptime C: type, value: anytype) C {
    const T = @TypeOf(value);
    if (T == C) return value;
    return switch (@typeInfo(T)) {
        .void, .bool, .int, .float, .comptime_int, .comptime_float => value,
        .@"enum" => @intFromEnum(value),
        .null => std.mem.zeroes(C),
        .optional => if (value) |some| .{ .is_some = true, .val = lower(@FieldType(C, "val"), some) } else std.mem.zeroes(C),
        .pointer => lowerList(C, value),
        .@"struct" => |info| if (info.layout == .@"packed") @bitCast(value) else lowerStruct(C, value),
        .@"union" => lowerUnion(C, value),
        else => if (@typeInfo(C) == .@"struct" and @hasField(C, "is_some"))
            .{ .is_some = true, .val = lower(@FieldType(C, "val"), value) }
        else
            @compileError("no WIT type has the shape of " ++ @typeName(T)),
    };
}

fn lowerList(comptime C: type, items: anytype) C {
    const Item = Pointee(@FieldType(C, "ptr"));
    if (items.len == 0) return std.mem.zeroes(C);
    const copy = allocator.alloc(Item, items.len) catch panicked("out of memory", null);
    for (copy, items) |*to, from| to.* = lower(Item, from);
    return .{ .ptr = copy.ptr, .len = copy.len };
}

fn lowerStruct(comptime C: type, value: anytype) C {
    const T = @TypeOf(value);
    var to = std.mem.zeroes(C);
    inline for (@typeInfo(T).@"struct".field_names) |name| {
        const target = comptime inC(T, name);
        @field(to, target) = lower(@FieldType(C, target), @field(value, name));
    }
    return to;
}

fn lowerUnion(comptime C: type, value: anytype) C {
    const T = @TypeOf(value);
    var to = std.mem.zeroes(C);
    inline for (@typeInfo(T).@"union".field_names, 0..) |name, index| {
        if (value == @field(@typeInfo(T).@"union".tag_type.?, name)) {
            if (comptime isResult(C)) to.is_err = index == 1 else to.tag = index;
            if (@FieldType(T, name) != void) {
                const payload = lower(@FieldType(@FieldType(C, "val"), name), @field(value, name));
                to.val = @unionInit(@FieldType(C, "val"), name, payload);
            }
        }
    }
    return to;
}

/// A field of a tuple is called `f0` in C.
fn inC(comptime T: type, comptime name: []const u8) []const u8 {
    return if (@typeInfo(T).@"struct".is_tuple) "f" ++ name else name;
}
