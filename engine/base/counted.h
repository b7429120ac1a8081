// "1 box", "2 boxes". Pure; any thread.
#pragma once
#include <string>

namespace mp {

inline std::string counted(std::size_t n, const std::string& one, const std::string& many) { return std::to_string(n) + " " + (n == 1 ? one : many); }
inline std::string counted(std::size_t n, const std::string& one) { return counted(n, one, one + "s"); }

}  // namespace mp
