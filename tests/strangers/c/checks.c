#include "checks.h"

uint32_t exports_checks_draw(uint32_t below) {
  checks_tuple2_u64_u64_t seed;
  wasi_random_insecure_seed_insecure_seed(&seed);
  return below ? (uint32_t)(seed.f0 % below) : 0;
}

uint32_t exports_checks_crc32(checks_list_u8_t *bytes) {
  uint32_t crc = 0xffffffff;
  for (size_t at = 0; at < bytes->len; at++) {
    crc ^= bytes->ptr[at];
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xedb88320 & (0 - (crc & 1)));
  }
  checks_list_u8_free(bytes);
  return ~crc;
}

bool exports_checks_luhn(checks_string_t *digits, bool *ret, checks_string_t *err) {
  unsigned sum = 0;
  for (size_t at = 0; at < digits->len; at++) {
    char digit = digits->ptr[digits->len - 1 - at];
    if (digit < '0' || digit > '9') {
      checks_string_dup(err, "only digits make a card number");
      return false;
    }
    unsigned twice = (unsigned)(digit - '0') << (at & 1);
    sum += twice > 9 ? twice - 9 : twice;
  }
  *ret = digits->len > 0 && sum % 10 == 0;
  checks_string_free(digits);
  return true;
}
