#include "metier.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Every call has a new instance: without a seed from the host each would draw the same numbers.
__attribute__((constructor)) static void seed(void) {
  unsigned number;
  if (getentropy(&number, sizeof number) == 0)
    srand(number), srandom(number);
}

bool metier_is(const skill_string_t *text, const char *other) {
  return text->len == strlen(other) && memcmp(text->ptr, other, text->len) == 0;
}

char *metier_cstr(const skill_string_t *text) {
  char *copy = malloc(text->len + 1);
  if (!copy)
    metier_panic("out of memory");
  if (text->len)
    memcpy(copy, text->ptr, text->len);
  copy[text->len] = 0;
  return copy;
}

static void format_into(skill_string_t *out, const char *format, va_list arguments) {
  char *text = NULL;
  int length = vasprintf(&text, format, arguments);
  if (length < 0)
    metier_panic("out of memory");
  out->ptr = (uint8_t *)text;
  out->len = (size_t)length;
}

void metier_format(skill_string_t *out, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  format_into(out, format, arguments);
  va_end(arguments);
}

void metier_panic_at(const char *file, int line, const char *function, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fflush(stdout);
  fprintf(stderr, "%s:%d: %s: ", file, line, function);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  fflush(stderr);
  abort();
}

#ifdef METIER_SKILL_TYPES_ERROR_INVALID_INPUT
bool metier_fail(metier_error_t *error, uint8_t tag, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  memset(error, 0, sizeof *error);
  error->tag = tag;
  // Every case but one is a text.
  format_into(&error->val.internal, format, arguments);
  va_end(arguments);
  return false;
}

bool metier_rate_limited(metier_error_t *error, int64_t seconds, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  memset(error, 0, sizeof *error);
  error->tag = METIER_SKILL_TYPES_ERROR_RATE_LIMITED;
  format_into(&error->val.rate_limited.message, format, arguments);
  if (seconds >= 0) {
    error->val.rate_limited.retry_after_seconds.is_some = true;
    error->val.rate_limited.retry_after_seconds.val = (uint32_t)seconds;
  }
  va_end(arguments);
  return false;
}

bool metier_status(metier_error_t *error, unsigned status, const char *what) {
  switch (status) {
  case 400: case 422: return metier_invalid_input(error, "%s: the service answered %u", what, status);
  case 401: return metier_unauthorized(error, "%s: the service answered %u", what, status);
  case 403: return metier_denied(error, "%s: the service answered %u", what, status);
  case 404: case 410: return metier_not_found(error, "%s: the service answered %u", what, status);
  case 409: case 412: return metier_conflict(error, "%s: the service answered %u", what, status);
  case 429: return metier_rate_limited(error, -1, "%s: the service answered %u", what, status);
  default: return metier_unavailable(error, "%s: the service answered %u", what, status);
  }
}
#endif

#ifdef METIER_SKILL_FETCH_FETCH_ERROR_DENIED
bool metier_fetch(metier_request_t *request, metier_response_t *response, metier_error_t *error) {
  metier_skill_fetch_fetch_error_t failure;
  if (metier_skill_fetch_fetch(request, response, &failure))
    return true;
  switch (failure.tag) {
  case METIER_SKILL_FETCH_FETCH_ERROR_DENIED:
    return metier_denied(error, "%.*s: %.*s", METIER_TEXT(&failure.val.denied.code),
                         METIER_TEXT(&failure.val.denied.message));
  case METIER_SKILL_FETCH_FETCH_ERROR_INVALID_REQUEST:
    return metier_invalid_input(error, "%.*s", METIER_TEXT(&failure.val.invalid_request));
  case METIER_SKILL_FETCH_FETCH_ERROR_TIMEOUT:
    return metier_unavailable(error, "%.*s", METIER_TEXT(&failure.val.timeout));
  case METIER_SKILL_FETCH_FETCH_ERROR_UNREACHABLE:
    return metier_unavailable(error, "%.*s", METIER_TEXT(&failure.val.unreachable));
  default:
    return metier_internal(error, "larger than %llu bytes", (unsigned long long)failure.val.too_large);
  }
}

bool metier_get(const char *url, metier_response_t *response, metier_error_t *error) {
  metier_request_t request = {.follow_redirects = 5};
  skill_string_set(&request.method, "GET");
  skill_string_set(&request.url, url);
  return metier_fetch(&request, response, error);
}
#endif
