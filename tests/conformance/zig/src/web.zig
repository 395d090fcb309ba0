//! wasi:http, as the bindings give it.

const std = @import("std");
const metier = @import("metier");
const c = metier.c;
const Result = metier.Result;

const Text = []const u8;
const Scheme = union(enum) { http, https, other: Text };
const Method = union(enum) { get, head, post, put, delete, connect, options, trace, patch, other: Text };

/// The most a stream takes at once.
const max_write = 4096;

pub fn webText(method: Text, url: Text, body: ?Text) metier.Error!Text {
    const request = try outgoing(method, url);
    const borrowed = c.wasi_http_types_borrow_outgoing_request(request);
    const Body = c.wasi_http_types_own_outgoing_body_t;
    const writer = metier.import(Result(Body, void), c.wasi_http_types_method_outgoing_request_body, .{borrowed}).ok;
    var none: c.wasi_http_outgoing_handler_option_own_request_options_t = .{};
    var sent: c.wasi_http_outgoing_handler_result_own_future_incoming_response_error_code_t = undefined;
    c.wasi_http_outgoing_handler_handle(request, &none, &sent);
    if (sent.is_err) return refused("the request was not sent");
    try write(writer, body orelse "");
    const response = try wait(sent.val.ok);
    const status = c.wasi_http_types_method_incoming_response_status(c.wasi_http_types_borrow_incoming_response(response));
    if (status != 200) return metier.fail(error.Unavailable, "status {d}", .{status});
    return read(response);
}

fn outgoing(method: Text, url: Text) metier.Error!c.wasi_http_types_own_outgoing_request_t {
    const parsed = std.Uri.parse(url) catch |err| return metier.fail(error.InvalidInput, "{s}", .{@errorName(err)});
    const after = std.mem.indexOf(u8, url, "://").? + 3;
    const end = std.mem.indexOfAnyPos(u8, url, after, "/?") orelse url.len;
    const scheme: Scheme = if (std.mem.eql(u8, parsed.scheme, "https")) .https else .http;
    const path: Text = if (end == url.len) "/" else url[end..];

    const headers = c.wasi_http_types_constructor_fields();
    var added: c.wasi_http_types_result_void_header_error_t = undefined;
    var name = metier.lower(c.skill_string_t, @as(Text, "x-conformance"));
    var value = metier.lower(c.wasi_http_types_field_value_t, @as(Text, "yes"));
    c.wasi_http_types_method_fields_append(c.wasi_http_types_borrow_fields(headers), &name, &value, &added);
    const request = c.wasi_http_types_constructor_outgoing_request(headers);
    const borrowed = c.wasi_http_types_borrow_outgoing_request(request);
    const Set = Result(void, void);
    const fits = [_]Set{
        metier.import(Set, c.wasi_http_types_method_outgoing_request_set_method, .{ borrowed, verb(method) }),
        metier.import(Set, c.wasi_http_types_method_outgoing_request_set_scheme, .{ borrowed, @as(?Scheme, scheme) }),
        metier.import(Set, c.wasi_http_types_method_outgoing_request_set_authority, .{ borrowed, @as(?Text, url[after..end]) }),
        metier.import(Set, c.wasi_http_types_method_outgoing_request_set_path_with_query, .{ borrowed, @as(?Text, path) }),
    };
    for (fits) |fit| if (fit == .err) return metier.fail(error.InvalidInput, "no such request", .{});
    return request;
}

fn verb(method: Text) Method {
    if (std.mem.eql(u8, method, "GET")) return .get;
    if (std.mem.eql(u8, method, "POST")) return .post;
    return .{ .other = method };
}

fn write(body: c.wasi_http_types_own_outgoing_body_t, text: Text) metier.Error!void {
    const Stream = c.wasi_http_types_own_output_stream_t;
    const stream = metier.import(Result(Stream, void), c.wasi_http_types_method_outgoing_body_write, .{
        c.wasi_http_types_borrow_outgoing_body(body),
    }).ok;
    var rest = text;
    while (rest.len > 0) {
        const piece = rest[0..@min(rest.len, max_write)];
        var written: c.wasi_io_streams_result_void_stream_error_t = undefined;
        var list = metier.lower(c.skill_list_u8_t, piece);
        c.wasi_io_streams_method_output_stream_blocking_write_and_flush(c.wasi_io_streams_borrow_output_stream(stream), &list, &written);
        if (written.is_err) return refused("the request was cut off");
        rest = rest[piece.len..];
    }
    c.wasi_io_streams_output_stream_drop_own(stream);
    var none: c.wasi_http_types_option_own_trailers_t = .{};
    var finished: c.wasi_http_types_result_void_error_code_t = undefined;
    c.wasi_http_types_static_outgoing_body_finish(body, &none, &finished);
    if (finished.is_err) return refused("the request was not finished");
}

fn wait(future: c.wasi_http_types_own_future_incoming_response_t) metier.Error!c.wasi_http_types_own_incoming_response_t {
    const borrowed = c.wasi_http_types_borrow_future_incoming_response(future);
    const ready = c.wasi_http_types_method_future_incoming_response_subscribe(borrowed);
    c.wasi_io_poll_method_pollable_block(c.wasi_io_poll_borrow_pollable(ready));
    var answer: @typeInfo(@typeInfo(@TypeOf(c.wasi_http_types_method_future_incoming_response_get)).@"fn".param_types[1].?).pointer.child = undefined;
    c.wasi_http_types_method_future_incoming_response_get(borrowed, &answer);
    if (!answer.is_some or answer.val.is_err or answer.val.val.ok.is_err) return refused("there is no answer");
    return answer.val.val.ok.val.ok;
}

fn read(response: c.wasi_http_types_own_incoming_response_t) metier.Error!Text {
    const Body = c.wasi_http_types_own_incoming_body_t;
    const Stream = c.wasi_http_types_own_input_stream_t;
    const body = metier.import(Result(Body, void), c.wasi_http_types_method_incoming_response_consume, .{
        c.wasi_http_types_borrow_incoming_response(response),
    }).ok;
    const stream = metier.import(Result(Stream, void), c.wasi_http_types_method_incoming_body_stream, .{
        c.wasi_http_types_borrow_incoming_body(body),
    }).ok;
    var text: std.ArrayList(u8) = .empty;
    while (true) {
        var piece: c.wasi_io_streams_result_list_u8_stream_error_t = undefined;
        c.wasi_io_streams_method_input_stream_blocking_read(c.wasi_io_streams_borrow_input_stream(stream), 1 << 16, &piece);
        if (!piece.is_err) {
            text.appendSlice(metier.allocator, metier.lift(Text, piece.val.ok)) catch @panic("out of memory");
        } else if (piece.val.err.tag == c.WASI_IO_STREAMS_STREAM_ERROR_CLOSED) {
            return text.items;
        } else return refused("the answer was cut off");
    }
}

/// What the host says it refused, or else `otherwise`.
fn refused(otherwise: Text) metier.Error {
    if (metier.import(?metier.Denial, c.metier_skill_denials_last, .{})) |denial|
        return metier.fail(error.Denied, "{s}: {s}", .{ denial.code, denial.message });
    return metier.fail(error.Unavailable, "{s}", .{otherwise});
}
