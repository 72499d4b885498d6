// How much the tests of faults try: a sample in each run of the tests, all of it under script/torture.
#pragma once
#include <cstdint>
#include <cstdlib>

namespace lexigrad::test {

/// True under script/torture.
inline bool is_torture() { return std::getenv("LEXIGRAD_TORTURE") != nullptr; }
/// `sample`, or `all` under script/torture.
inline int64_t tried(int64_t sample, int64_t all) { return is_torture() ? all : sample; }

}  // namespace lexigrad::test
