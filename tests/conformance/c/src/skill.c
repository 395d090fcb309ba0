// The conformance skill in C.

#include "metier.h"
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void exports_skill_greet(skill_string_t *name, skill_string_t *ret) {
  metier_format(ret, "Hello, %.*s!", METIER_TEXT(name));
}

bool exports_skill_fetch_text(skill_string_t *method, skill_string_t *url, skill_string_t *maybe_body,
                              skill_string_t *ret, skill_error_t *err) {
  metier_request_t request = {.method = *method, .url = *url, .follow_redirects = 5};
  metier_response_t response;
  skill_tuple2_string_string_t header;
  skill_string_set(&header.f0, "x-conformance");
  skill_string_set(&header.f1, "yes");
  request.headers = (skill_list_tuple2_string_string_t){&header, 1};
  if (maybe_body) {
    request.body.is_some = true;
    request.body.val = (skill_list_u8_t){maybe_body->ptr, maybe_body->len};
  }
  if (!metier_fetch(&request, &response, err))
    return false;
  if (response.status != 200)
    return metier_unavailable(err, "status %u", response.status);
  *ret = (skill_string_t){response.body.ptr, response.body.len};
  return true;
}

static bool store_failed(const wasi_keyvalue_store_error_t *error, skill_error_t *err) {
  switch (error->tag) {
  case WASI_KEYVALUE_STORE_ERROR_NO_SUCH_STORE: return metier_not_found(err, "no such store");
  case WASI_KEYVALUE_STORE_ERROR_ACCESS_DENIED: return metier_denied(err, "access denied");
  default: return metier_unavailable(err, "%.*s", METIER_TEXT(&error->val.other));
  }
}

// Opens a bucket, or fails as the specification says; used as the first line of every tool below.
#define OPEN(bucket)                                                                                                   \
  wasi_keyvalue_store_error_t failure;                                                                                 \
  wasi_keyvalue_store_own_bucket_t owned;                                                                              \
  if (!wasi_keyvalue_store_open(bucket, &owned, &failure))                                                             \
    return store_failed(&failure, err);                                                                                \
  wasi_keyvalue_store_borrow_bucket_t opened = wasi_keyvalue_store_borrow_bucket(owned)

bool exports_skill_kv_get(skill_string_t *bucket, skill_string_t *key, skill_option_string_t *ret, skill_error_t *err) {
  OPEN(bucket);
  skill_option_list_u8_t value;
  if (!wasi_keyvalue_store_method_bucket_get(opened, key, &value, &failure))
    return store_failed(&failure, err);
  ret->is_some = value.is_some;
  ret->val = (skill_string_t){value.val.ptr, value.val.len};
  return true;
}

bool exports_skill_kv_set(skill_string_t *bucket, skill_string_t *key, skill_string_t *value, skill_error_t *err) {
  OPEN(bucket);
  skill_list_u8_t bytes = {value->ptr, value->len};
  return wasi_keyvalue_store_method_bucket_set(opened, key, &bytes, &failure) || store_failed(&failure, err);
}

bool exports_skill_kv_delete(skill_string_t *bucket, skill_string_t *key, skill_error_t *err) {
  OPEN(bucket);
  return wasi_keyvalue_store_method_bucket_delete(opened, key, &failure) || store_failed(&failure, err);
}

bool exports_skill_kv_exists(skill_string_t *bucket, skill_string_t *key, bool *ret, skill_error_t *err) {
  OPEN(bucket);
  return wasi_keyvalue_store_method_bucket_exists(opened, key, ret, &failure) || store_failed(&failure, err);
}

bool exports_skill_kv_increment(skill_string_t *bucket, skill_string_t *key, uint64_t delta, uint64_t *ret,
                                skill_error_t *err) {
  OPEN(bucket);
  return wasi_keyvalue_atomics_increment(opened, key, delta, ret, &failure) || store_failed(&failure, err);
}

bool exports_skill_config_get(skill_string_t *key, skill_option_string_t *ret, skill_error_t *err) {
  wasi_config_store_error_t failure;
  // Both cases hold a text.
  return wasi_config_store_get(key, ret, &failure) || metier_denied(err, "%.*s", METIER_TEXT(&failure.val.upstream));
}

void exports_skill_log_all(skill_string_t *message) {
  skill_string_t context;
  skill_string_set(&context, "conformance");
  for (wasi_logging_logging_level_t level = 0; level <= WASI_LOGGING_LOGGING_LEVEL_CRITICAL; level++)
    wasi_logging_logging_log(level, &context, message);
}

static bool not_kept(const metier_skill_artifacts_artifact_error_t *error, skill_error_t *err) {
  switch (error->tag) {
  case METIER_SKILL_ARTIFACTS_ARTIFACT_ERROR_DENIED: return metier_denied(err, "%.*s", METIER_TEXT(&error->val.denied));
  case METIER_SKILL_ARTIFACTS_ARTIFACT_ERROR_TOO_LARGE:
    return metier_internal(err, "larger than %llu bytes", (unsigned long long)error->val.too_large);
  case METIER_SKILL_ARTIFACTS_ARTIFACT_ERROR_INVALID:
    return metier_invalid_input(err, "%.*s", METIER_TEXT(&error->val.invalid));
  default: return metier_unavailable(err, "%.*s", METIER_TEXT(&error->val.unavailable));
  }
}

bool exports_skill_artifact_put(skill_string_t *name, skill_string_t *media_type, skill_list_u8_t *body,
                                skill_string_t *ret, skill_error_t *err) {
  metier_skill_artifacts_artifact_t artifact;
  metier_skill_artifacts_artifact_error_t failure;
  if (!metier_skill_artifacts_put(name, media_type, body, &artifact, &failure))
    return not_kept(&failure, err);
  *ret = artifact.digest;
  return true;
}

bool exports_skill_artifact_write(skill_string_t *name, skill_string_t *media_type, skill_list_list_u8_t *pieces,
                                  skill_string_t *ret, skill_error_t *err) {
  metier_skill_artifacts_own_writer_t writer;
  metier_skill_artifacts_artifact_t artifact;
  metier_skill_artifacts_artifact_error_t failure;
  if (!metier_skill_artifacts_static_writer_create(name, media_type, &writer, &failure))
    return not_kept(&failure, err);
  for (size_t index = 0; index < pieces->len; index++)
    if (!metier_skill_artifacts_method_writer_write(metier_skill_artifacts_borrow_writer(writer), &pieces->ptr[index],
                                                    &failure))
      return not_kept(&failure, err);
  if (!metier_skill_artifacts_static_writer_finish(writer, &artifact, &failure))
    return not_kept(&failure, err);
  *ret = artifact.digest;
  return true;
}

void exports_skill_progress_report(skill_string_t *message, double *maybe_fraction) {
  metier_skill_progress_report(message, maybe_fraction);
}

void exports_skill_resource_list(skill_list_tuple2_string_u64_t *ret) {
  metier_skill_resources_list_entry_t entries;
  metier_skill_resources_list(&entries);
  ret->len = entries.len;
  ret->ptr = calloc(entries.len + 1, sizeof *ret->ptr);
  for (size_t index = 0; index < entries.len; index++)
    ret->ptr[index] = (skill_tuple2_string_u64_t){entries.ptr[index].path, entries.ptr[index].size};
}

bool exports_skill_resource_read(skill_string_t *path, uint64_t offset, uint32_t length, skill_list_u8_t *ret) {
  return metier_skill_resources_read(path, offset, length, ret);
}

bool exports_skill_fail_with(skill_error_t *error, skill_error_t *err) {
  *err = *error;
  return false;
}

__attribute__((noinline)) static void deep_inside(const skill_string_t *message) {
  metier_panic("%.*s", METIER_TEXT(message)); // conformance: crash line
}

bool exports_skill_crash(skill_string_t *message, skill_error_t *err) {
  deep_inside(message);
  return metier_internal(err, "still here");
}

void exports_skill_crash_plain(skill_string_t *message) { deep_inside(message); }

void exports_skill_spin(void) {
  for (volatile unsigned turns = 0;; turns++)
    ;
}

static uint64_t milliseconds(clockid_t clock) {
  struct timespec now;
  clock_gettime(clock, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

uint64_t exports_skill_pause(uint32_t wait) {
  uint64_t start = milliseconds(CLOCK_MONOTONIC);
  nanosleep(&(struct timespec){wait / 1000, (long)(wait % 1000) * 1000000}, NULL);
  return milliseconds(CLOCK_MONOTONIC) - start;
}

bool exports_skill_regex_find(skill_string_t *pattern, skill_string_t *text, bool *ret, skill_error_t *err) {
  regex_t compiled;
  char message[100];
  int failure = regcomp(&compiled, metier_cstr(pattern), REG_EXTENDED | REG_NOSUB);
  if (failure) {
    regerror(failure, &compiled, message, sizeof message);
    return metier_invalid_input(err, "%s", message);
  }
  *ret = regexec(&compiled, metier_cstr(text), 0, NULL, 0) == 0;
  return true;
}

bool exports_skill_fill_memory(uint32_t mebibytes, uint32_t *ret, skill_error_t *err) {
  (void)err;
  for (uint32_t count = 0; count < mebibytes; count++) {
    volatile char *piece = malloc(1 << 20);
    if (!piece)
      metier_panic("out of memory after %u MiB", count);
    for (size_t page = 0; page < 1 << 20; page += 4096)
      piece[page] = 1;
  }
  *ret = mebibytes;
  return true;
}

void exports_skill_random_everyday(skill_string_t *ret) { metier_format(ret, "%d", rand()); }

void exports_skill_random_secure(skill_list_u8_t *ret) {
  ret->len = 16;
  ret->ptr = malloc(16);
  if (getentropy(ret->ptr, 16) != 0)
    metier_panic("no randomness");
}

uint64_t exports_skill_time_now(void) { return milliseconds(CLOCK_REALTIME); }

void exports_skill_print_lines(skill_string_t *out, skill_string_t *err) {
  printf("%.*s\n", METIER_TEXT(out));
  fflush(stdout);
  fprintf(stderr, "%.*s\n", METIER_TEXT(err));
}

void exports_skill_unlisted(skill_string_t *ret) { skill_string_dup(ret, "it ran"); }
