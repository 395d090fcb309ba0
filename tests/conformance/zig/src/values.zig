//! Every value, given back as it came.

const Result = @import("metier").Result;

const Integers = struct { int8: i8, uint8: u8, int16: i16, uint16: u16, int32: i32, uint32: u32, int64: i64, uint64: u64 };
const Floats = struct { narrow: f32, wide: f64 };
const Colour = enum(u8) { red, green, blue };
const Rights = packed struct(u8) { read: bool, write: bool, delete: bool, _: u5 = 0 };
const Point = struct { f64, f64 };
const Address = struct { street: []const u8, position: Point };
const Person = struct {
    name: []const u8,
    email: ?[]const u8,
    tags: []const []const u8,
    favourite: Colour,
    address: ?Address,
};
const Figure = union(enum) { nothing, circle: f64, polygon: []const Point, portrait: Person };
const Results = struct {
    both: Result(u32, []const u8),
    ok_only: Result(u32, void),
    err_only: Result(void, []const u8),
    neither: Result(void, void),
};

pub fn echoBool(value: bool) bool {
    return value;
}
pub fn echoIntegers(value: Integers) Integers {
    return value;
}
pub fn echoFloats(value: Floats) Floats {
    return value;
}
pub fn echoChar(value: u21) u21 {
    return value;
}
pub fn echoString(value: []const u8) []const u8 {
    return value;
}
pub fn echoBytes(value: []const u8) []const u8 {
    return value;
}
pub fn echoList(value: []const []const []const u8) []const []const []const u8 {
    return value;
}
pub fn echoTuple(value: struct { []const u8, u8, bool }) @TypeOf(value) {
    return value;
}
pub fn echoRecord(value: Person) Person {
    return value;
}
pub fn echoVariant(value: Figure) Figure {
    return value;
}
pub fn echoEnum(value: Colour) Colour {
    return value;
}
pub fn echoFlags(value: Rights) Rights {
    return value;
}
pub fn echoOption(value: ?[]const u8) ?[]const u8 {
    return value;
}
pub fn echoOptionTwice(value: ??u32) ??u32 {
    return value;
}
pub fn echoResults(value: Results) Results {
    return value;
}
const Nested = struct { []const Figure, ?Rights, []const Person };
pub fn echoNested(figures: []const Figure, rights: ?Rights, people: []const Person) Nested {
    return .{ figures, rights, people };
}
pub fn swapPeople(first: Person, second: Person) struct { Person, Person } {
    return .{ second, first };
}
pub fn nothing() void {}

pub fn giveBoth(fail: bool) Result(u32, []const u8) {
    return if (fail) .{ .err = "no" } else .{ .ok = 7 };
}
pub fn giveOkOnly(fail: bool) Result(u32, void) {
    return if (fail) .{ .err = {} } else .{ .ok = 7 };
}
pub fn giveErrOnly(fail: bool) Result(void, []const u8) {
    return if (fail) .{ .err = "no" } else .{ .ok = {} };
}
pub fn giveNeither(fail: bool) Result(void, void) {
    return if (fail) .{ .err = {} } else .{ .ok = {} };
}
