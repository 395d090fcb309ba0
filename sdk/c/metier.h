// What C lacks to write a skill in: texts, errors, a way to say where it broke, and HTTP in one call.
//
// `metier build` writes this file, its source and the bindings of your world (`skill.h`) to build/c.
// A call runs in an instance of its own that is thrown away afterwards: nothing has to be freed.
#ifndef METIER_H
#define METIER_H

#include "skill.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Texts. A `skill_string_t` is a pointer and a length without a final NUL; it may hold NULs.

// Whether `text` is `other`, byte for byte.
bool metier_is(const skill_string_t *text, const char *other);
// A copy with a final NUL, for functions of the C library.
char *metier_cstr(const skill_string_t *text);
// `printf` into a new text.
__attribute__((format(printf, 2, 3))) void metier_format(skill_string_t *out, const char *format, ...);
// For `printf`: printf("%.*s", METIER_TEXT(name)).
#define METIER_TEXT(text) (int)(text)->len, (const char *)(text)->ptr

// Stops the call with a message. The call's report names file, line and function.
#define metier_panic(...) metier_panic_at(__FILE__, __LINE__, __func__, __VA_ARGS__)
_Noreturn __attribute__((format(printf, 4, 5))) void metier_panic_at(const char *file, int line,
                                                                      const char *function,
                                                                      const char *format, ...);

#ifdef METIER_SKILL_TYPES_ERROR_INVALID_INPUT
// Errors. Each fills `error` and is false, so that a tool can say `return metier_not_found(err, "no city %s", city);`.

typedef metier_skill_types_error_t metier_error_t;

// The arguments make no sense.
#define metier_invalid_input(error, ...) metier_fail(error, METIER_SKILL_TYPES_ERROR_INVALID_INPUT, __VA_ARGS__)
// The upstream did not accept the credential.
#define metier_unauthorized(error, ...) metier_fail(error, METIER_SKILL_TYPES_ERROR_UNAUTHORIZED, __VA_ARGS__)
// The upstream accepted the credential and refused the action.
#define metier_denied(error, ...) metier_fail(error, METIER_SKILL_TYPES_ERROR_DENIED, __VA_ARGS__)
// The thing named does not exist.
#define metier_not_found(error, ...) metier_fail(error, METIER_SKILL_TYPES_ERROR_NOT_FOUND, __VA_ARGS__)
// The thing changed under the caller, or exists already.
#define metier_conflict(error, ...) metier_fail(error, METIER_SKILL_TYPES_ERROR_CONFLICT, __VA_ARGS__)
// The upstream is down, slow or unreachable.
#define metier_unavailable(error, ...) metier_fail(error, METIER_SKILL_TYPES_ERROR_UNAVAILABLE, __VA_ARGS__)
// A fault in the skill itself.
#define metier_internal(error, ...) metier_fail(error, METIER_SKILL_TYPES_ERROR_INTERNAL, __VA_ARGS__)

__attribute__((format(printf, 3, 4))) bool metier_fail(metier_error_t *error, uint8_t tag, const char *format, ...);
// Too many requests; `seconds` to wait, or -1 when the upstream did not say.
__attribute__((format(printf, 3, 4))) bool metier_rate_limited(metier_error_t *error, int64_t seconds,
                                                               const char *format, ...);
// The error that fits a status of an upstream; `what` says what was asked for.
bool metier_status(metier_error_t *error, unsigned status, const char *what);
#endif

#ifdef METIER_SKILL_FETCH_FETCH_ERROR_DENIED
// HTTP.

typedef metier_skill_fetch_request_t metier_request_t;
typedef metier_skill_fetch_response_t metier_response_t;

// Sends `request` and waits for the answer, whatever its status. `error` is filled when there is none.
bool metier_fetch(metier_request_t *request, metier_response_t *response, metier_error_t *error);
// GET, following up to five redirects.
bool metier_get(const char *url, metier_response_t *response, metier_error_t *error);
#endif

#ifdef __cplusplus
}
#endif
#endif
