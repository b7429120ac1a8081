// Bytes of file and folder names as UTF-8 text and back: what is no UTF-8 is percent-encoded, so that nothing is lost.
// Pure functions; any thread.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace mp::ml {

/// Length of the valid UTF-8 sequence at the start of `bytes` (no overlong forms, no surrogates); 0 if there is none.
std::size_t utf8_sequence(std::string_view bytes);
bool is_utf8(std::string_view bytes);

/// Invalid bytes become %XX, and a '%' that two hex digits follow becomes %25, so that percent_decode gives the bytes
/// back. With `controls`, bytes below 32 and 127 are encoded too.
std::string percent_encode(std::string_view bytes, bool controls = false);
/// %XX becomes the byte; everything else stays.
std::string percent_decode(std::string_view text);

}  // namespace mp::ml
