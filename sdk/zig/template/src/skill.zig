const metier = @import("metier");
const std = @import("std");

pub fn greet(name: []const u8) ![]const u8 {
    if (name.len == 0) return metier.fail(error.InvalidInput, "give a name to greet", .{});
    return std.fmt.allocPrint(metier.allocator, "Hello, {s}!", .{name});
}

pub fn zen() ![]const u8 {
    const response = try metier.fetch(.{ .url = "https://api.github.com/zen" });
    if (response.status != 200) return metier.failStatus(response.status, "GitHub's zen");
    return response.body;
}
