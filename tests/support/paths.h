// Where the tests find the project's files, and where they may write.
#pragma once
#include <string>

namespace lexigrad::test {

/// A path below the source folder: in_source("tests/fixtures/nn.json"); the folder itself for "".
std::string in_source(const std::string& path);
/// A path below the build folder.
std::string in_build(const std::string& path);

}  // namespace lexigrad::test
