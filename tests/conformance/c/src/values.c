// Every value, given back as it came.

#include "metier.h"

#define V(name) exports_metier_conformance_values_##name
#define ECHO(name, type)                                                                                              \
  void V(echo_##name)(type * value, type * ret) { *ret = *value; }

bool V(echo_bool)(bool value) { return value; }
uint32_t V(echo_char)(uint32_t value) { return value; }
V(colour_t) V(echo_enum)(V(colour_t) value) { return value; }
V(rights_t) V(echo_flags)(V(rights_t) value) { return value; }

ECHO(integers, V(integers_t))
ECHO(floats, V(floats_t))
ECHO(string, skill_string_t)
ECHO(bytes, skill_list_u8_t)
ECHO(list, skill_list_list_string_t)
ECHO(tuple, skill_tuple3_string_u8_bool_t)
ECHO(record, V(person_t))
ECHO(variant, V(figure_t))
ECHO(results, V(results_t))

bool V(echo_option)(skill_string_t *maybe_value, skill_string_t *ret) {
  if (maybe_value)
    *ret = *maybe_value;
  return maybe_value;
}

bool V(echo_option_twice)(skill_option_u32_t *maybe_value, skill_option_u32_t *ret) {
  if (maybe_value)
    *ret = *maybe_value;
  return maybe_value;
}

void V(echo_nested)(V(list_figure_t) * figures, V(rights_t) * maybe_rights, V(list_person_t) * people,
                    V(tuple3_list_figure_option_rights_list_person_t) * ret) {
  ret->f0 = *figures;
  ret->f1.is_some = maybe_rights != NULL;
  ret->f1.val = maybe_rights ? *maybe_rights : 0;
  ret->f2 = *people;
}

void V(swap_people)(V(person_t) * first, V(person_t) * second, V(tuple2_person_person_t) * ret) {
  ret->f0 = *second;
  ret->f1 = *first;
}

void V(nothing)(void) {}

bool V(give_both)(bool fail, uint32_t *ret, skill_string_t *err) {
  *ret = 7;
  if (fail)
    skill_string_dup(err, "no");
  return !fail;
}

bool V(give_ok_only)(bool fail, uint32_t *ret) {
  *ret = 7;
  return !fail;
}

bool V(give_err_only)(bool fail, skill_string_t *err) {
  if (fail)
    skill_string_dup(err, "no");
  return !fail;
}

bool V(give_neither)(bool fail) { return !fail; }
