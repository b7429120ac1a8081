// Error values: what went wrong with whose file, what was expected, what was found and what to do.
// Plain data; any thread.
#pragma once
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace mp {

struct Error {
  std::string what;      // one sentence: "cannot read the image"
  std::string path;      // the file or folder concerned, empty if none
  std::string expected;  // "a JPEG, PNG, TIFF, BMP, PGM or GIF image"
  std::string found;     // "text"
  std::string action;    // what the person can do: "remove the file or convert it"

  /// One line for a terminal, a banner or a report; parts that are empty are left out.
  std::string message() const;
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string what, std::string path = {}, std::string expected = {},
                                  std::string found = {}, std::string action = {}) {
  return tl::make_unexpected(
      Error{std::move(what), std::move(path), std::move(expected), std::move(found), std::move(action)});
}

/// "cannot open: No such file or directory" for the current errno.
std::string errno_text(int code);

}  // namespace mp
