//! Builds a skill: in your build.zig, `@import("metier").addSkill(b, .{ .root_source_file = b.path("src/skill.zig") })`.

const std = @import("std");

/// What a skill is built from.
pub const Options = struct {
    /// The file with your tools.
    root_source_file: std.Build.LazyPath,
    /// Modules your file imports, besides `metier`.
    imports: []const std.Build.Module.Import = &.{},
};

/// A stack of a mebibyte; Zig's default of sixteen would count as the call's memory.
const stack_bytes = 1 << 20;

pub fn build(_: *std.Build) void {}

/// Adds the core module, installed as `zig-out/bin/skill.wasm`; `metier build` makes the component of it.
pub fn addSkill(b: *std.Build, options: Options) *std.Build.Step.Compile {
    const metier = b.dependency("metier", .{});
    const target = b.resolveTargetQuery(.{ .cpu_arch = .wasm32, .os_tag = .wasi });
    const optimize = b.standardOptimizeOption(.{});

    const translated = b.addTranslateC(.{ .root_source_file = metier.path("skill.h"), .target = target, .optimize = optimize });
    const bindings = translated.createModule();
    const sdk = b.createModule(.{
        .root_source_file = metier.path("metier.zig"),
        .target = target,
        .optimize = optimize,
        .link_libc = true,
        .imports = &.{.{ .name = "bindings", .module = bindings }},
    });
    const skill = b.createModule(.{
        .root_source_file = options.root_source_file,
        .target = target,
        .optimize = optimize,
        .link_libc = true,
        .imports = options.imports,
    });
    skill.addImport("metier", sdk);
    const root = b.createModule(.{
        .root_source_file = metier.path("exports.zig"),
        .target = target,
        .optimize = optimize,
        .link_libc = true,
        .strip = optimize != .debug,
        .imports = &.{ .{ .name = "metier", .module = sdk }, .{ .name = "skill", .module = skill } },
    });
    root.addCSourceFile(.{ .file = metier.path("skill.c"), .flags = &.{ "-Os", "-w" } });
    root.addObjectFile(metier.path("skill_component_type.o"));

    const exe = b.addExecutable(.{ .name = "skill", .root_module = root });
    exe.entry = .disabled;
    exe.rdynamic = true;
    exe.wasi_exec_model = .reactor;
    exe.stack_size = stack_bytes;
    b.installArtifact(exe);
    return exe;
}
