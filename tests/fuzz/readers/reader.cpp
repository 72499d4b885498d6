// What the fuzzers of readers share: libFuzzer's entries, a folder for the file, checksums.
#include "fuzz/readers/reader.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/xxh64.h"
#include "lexigrad/train/formats/safetensors/header.h"

namespace fs = std::filesystem;
namespace fuzz = lexigrad::fuzz;

namespace lexigrad::fuzz {
namespace {

// Every error is one line in our shape.
void require_message(const std::string& message) {
  require(message.starts_with("["), "an error without its place");
  require(message.find('\n') == std::string::npos, "an error of several lines");
}

std::string make_folder() {
  std::string name = (fs::temp_directory_path() / "lexigrad-fuzz-XXXXXX").string();
  require(mkdtemp(name.data()) != nullptr, "no folder for the file");
  return name;
}

const std::string& folder() {
  static const std::string path = make_folder();
  return path;
}

void remove_folder() { fs::remove_all(folder()); }

}  // namespace

std::string with_safetensors_checksum(std::string bytes) {
  using namespace train::safetensors;
  const auto at = static_cast<size_t>(kChecksumAt);
  bool ours = bytes.size() >= at + kNoChecksum.size() &&
              std::string_view(bytes).substr(8, kChecksumStart.size()) == kChecksumStart;
  if (!ours) return bytes;
  bytes.replace(at, kNoChecksum.size(), kNoChecksum);
  Xxh64 sum;
  sum.update(bytes);
  return bytes.replace(at, kNoChecksum.size(), sum.hex());
}

void spill(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string slurp(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "finding: %s\n", what);
  std::abort();
}

}  // namespace lexigrad::fuzz

// Without a file to run again, the seeds are a corpus more.
extern "C" int LLVMFuzzerInitialize(int* count, char*** arguments) {
  static std::string seeds = fuzz::folder() + "/seeds";
  static std::vector<char*> all(*arguments, *arguments + *count);
  std::cerr.setstate(std::ios::failbit);  // no warnings of each file
  std::atexit(fuzz::remove_folder);
  for (size_t i = 1; i < all.size(); ++i)
    if (fs::is_regular_file(all[i])) return 0;
  fs::create_directory(seeds);
  fuzz::write_seeds(seeds);
  all.push_back(seeds.data());
  *count = static_cast<int>(all.size());
  *arguments = all.data();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string path = fuzz::folder() + "/" + fuzz::file_name();
  fuzz::spill(path, fuzz::mended({reinterpret_cast<const char*>(data), size}));
  try {
    fuzz::read(path);
  } catch (const std::invalid_argument& error) {
    fuzz::require_message(error.what());
  } catch (const lexigrad::FileError& error) {
    fuzz::require_message(error.what());
  } catch (const lexigrad::MemoryError& error) {
    fuzz::require_message(error.what());
  } catch (const lexigrad::NumericsError& error) { fuzz::require_message(error.what()); }
  return 0;
}
