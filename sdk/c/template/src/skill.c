#include "metier.h"

bool exports_skill_greet(skill_string_t *name, skill_string_t *ret, skill_error_t *err) {
  if (name->len == 0)
    return metier_invalid_input(err, "give a name to greet");
  metier_format(ret, "Hello, %.*s!", METIER_TEXT(name));
  return true;
}

bool exports_skill_zen(skill_string_t *ret, skill_error_t *err) {
  metier_response_t response;
  if (!metier_get("https://api.github.com/zen", &response, err))
    return false;
  if (response.status != 200)
    return metier_status(err, response.status, "GitHub's zen");
  skill_string_dup_n(ret, (const char *)response.body.ptr, response.body.len);
  return true;
}
