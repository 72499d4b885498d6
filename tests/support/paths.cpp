#include "support/paths.h"

namespace lexigrad::test {

std::string in_source(const std::string& path) { return LEXIGRAD_SOURCE_DIR "/" + path; }
std::string in_build(const std::string& path) { return LEXIGRAD_BINARY_DIR "/" + path; }

}  // namespace lexigrad::test
