const std = @import("std");
const metier = @import("metier");

pub fn build(b: *std.Build) void {
    _ = metier.addSkill(b, .{ .root_source_file = b.path("src/skill.zig") });
}
