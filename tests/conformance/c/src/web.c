// wasi:http, as the bindings give it.

#include "metier.h"
#include <stdlib.h>
#include <string.h>

// Where the authority and the path of a URL begin.
typedef struct {
  wasi_http_types_scheme_t scheme;
  skill_string_t authority, path;
} address_t;

static bool parse(const skill_string_t *url, address_t *address, skill_error_t *err) {
  char *text = metier_cstr(url);
  char *rest = strstr(text, "://");
  if (!rest)
    return metier_invalid_input(err, "no URL: %s", text);
  address->scheme.tag = strncmp(text, "https:", 6) == 0 ? WASI_HTTP_TYPES_SCHEME_HTTPS : WASI_HTTP_TYPES_SCHEME_HTTP;
  rest += 3;
  size_t length = strcspn(rest, "/?");
  address->authority = (skill_string_t){(uint8_t *)rest, length};
  skill_string_set(&address->path, rest[length] ? rest + length : "/");
  return true;
}

static bool method(const skill_string_t *name, wasi_http_types_method_t *method) {
  static const char *names[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  for (unsigned index = 0; index < sizeof names / sizeof *names; index++)
    if (metier_is(name, names[index])) {
      method->tag = index;
      return true;
    }
  return false;
}

// What the host says it refused, or else `otherwise`.
static bool refused(skill_error_t *err, const char *otherwise) {
  metier_skill_denials_denial_t denial;
  if (metier_skill_denials_last(&denial))
    return metier_denied(err, "%.*s: %.*s", METIER_TEXT(&denial.code), METIER_TEXT(&denial.message));
  return metier_unavailable(err, "%s", otherwise);
}

static bool build(skill_string_t *name, const address_t *at, wasi_http_types_own_outgoing_request_t *ret,
                  skill_error_t *err) {
  wasi_http_types_own_fields_t headers = wasi_http_types_constructor_fields();
  skill_string_t header;
  skill_string_set(&header, "x-conformance");
  wasi_http_types_field_value_t value = {(uint8_t *)"yes", 3};
  wasi_http_types_header_error_t ignored;
  wasi_http_types_method_fields_append(wasi_http_types_borrow_fields(headers), &header, &value, &ignored);
  *ret = wasi_http_types_constructor_outgoing_request(headers);
  wasi_http_types_borrow_outgoing_request_t request = wasi_http_types_borrow_outgoing_request(*ret);
  wasi_http_types_method_t verb;
  address_t parts = *at;
  if (!method(name, &verb) || !wasi_http_types_method_outgoing_request_set_method(request, &verb) ||
      !wasi_http_types_method_outgoing_request_set_scheme(request, &parts.scheme) ||
      !wasi_http_types_method_outgoing_request_set_authority(request, &parts.authority) ||
      !wasi_http_types_method_outgoing_request_set_path_with_query(request, &parts.path))
    return metier_invalid_input(err, "no such request");
  return true;
}

static bool write_body(wasi_http_types_own_outgoing_body_t body, const skill_string_t *text, skill_error_t *err) {
  wasi_http_types_own_output_stream_t stream;
  wasi_http_types_method_outgoing_body_write(wasi_http_types_borrow_outgoing_body(body), &stream);
  wasi_io_streams_stream_error_t broken;
  for (size_t at = 0; text && at < text->len;) {
    // The most this function takes at once.
    size_t length = text->len - at < 4096 ? text->len - at : 4096;
    skill_list_u8_t piece = {text->ptr + at, length};
    if (!wasi_io_streams_method_output_stream_blocking_write_and_flush(wasi_io_streams_borrow_output_stream(stream),
                                                                       &piece, &broken))
      return refused(err, "the request was cut off");
    at += length;
  }
  wasi_io_streams_output_stream_drop_own(stream);
  wasi_http_types_error_code_t code;
  if (!wasi_http_types_static_outgoing_body_finish(body, NULL, &code))
    return refused(err, "the request was not finished");
  return true;
}

static bool read_body(wasi_http_types_own_incoming_response_t response, skill_string_t *ret, skill_error_t *err) {
  wasi_http_types_own_incoming_body_t body;
  wasi_http_types_own_input_stream_t stream;
  wasi_http_types_method_incoming_response_consume(wasi_http_types_borrow_incoming_response(response), &body);
  wasi_http_types_method_incoming_body_stream(wasi_http_types_borrow_incoming_body(body), &stream);
  *ret = (skill_string_t){NULL, 0};
  for (;;) {
    skill_list_u8_t piece;
    wasi_io_streams_stream_error_t end;
    if (!wasi_io_streams_method_input_stream_blocking_read(wasi_io_streams_borrow_input_stream(stream), 1 << 16,
                                                           &piece, &end))
      return end.tag == WASI_IO_STREAMS_STREAM_ERROR_CLOSED || refused(err, "the answer was cut off");
    ret->ptr = realloc(ret->ptr, ret->len + piece.len);
    memcpy(ret->ptr + ret->len, piece.ptr, piece.len);
    ret->len += piece.len;
  }
}

static bool wait_for(wasi_http_types_own_future_incoming_response_t future,
                     wasi_http_types_own_incoming_response_t *ret) {
  wasi_http_types_borrow_future_incoming_response_t awaited = wasi_http_types_borrow_future_incoming_response(future);
  wasi_http_types_own_pollable_t ready = wasi_http_types_method_future_incoming_response_subscribe(awaited);
  wasi_io_poll_method_pollable_block(wasi_io_poll_borrow_pollable(ready));
  wasi_http_types_result_result_own_incoming_response_error_code_void_t answer;
  if (!wasi_http_types_method_future_incoming_response_get(awaited, &answer) || answer.is_err || answer.val.ok.is_err)
    return false;
  *ret = answer.val.ok.val.ok;
  return true;
}

bool exports_skill_web_text(skill_string_t *name, skill_string_t *url, skill_string_t *maybe_body, skill_string_t *ret,
                            skill_error_t *err) {
  address_t at;
  wasi_http_types_own_outgoing_request_t request;
  wasi_http_types_own_outgoing_body_t body;
  wasi_http_types_own_future_incoming_response_t future;
  wasi_http_types_own_incoming_response_t response;
  wasi_http_types_error_code_t code;
  if (!parse(url, &at, err) || !build(name, &at, &request, err))
    return false;
  wasi_http_types_method_outgoing_request_body(wasi_http_types_borrow_outgoing_request(request), &body);
  if (!wasi_http_outgoing_handler_handle(request, NULL, &future, &code))
    return refused(err, "the request was not sent");
  if (!write_body(body, maybe_body, err))
    return false;
  if (!wait_for(future, &response))
    return refused(err, "there is no answer");
  unsigned status = wasi_http_types_method_incoming_response_status(wasi_http_types_borrow_incoming_response(response));
  if (status != 200)
    return metier_unavailable(err, "status %u", status);
  return read_body(response, ret, err);
}
