// One reader for libFuzzer, which gives it bytes. A program is reader.cpp with one file of this folder.
#pragma once
#include <string>

namespace lexigrad::fuzz {

/// The file's name, for readers that look at its ending.
std::string file_name();
/// Fills `folder` with whole inputs of our own writers, from which the fuzzer starts.
void write_seeds(const std::string& folder);
/// What becomes of the bytes before they are in the file: a checksum put right, so that what stands behind it is
/// reached.
std::string mended(std::string bytes);
/// Reads the file at `path`. std::invalid_argument, FileError, MemoryError and NumericsError refuse it; all else that
/// leaves is a finding.
void read(const std::string& path);

/// mended() of a safetensors file of ours.
std::string with_safetensors_checksum(std::string bytes);
/// Whole files in one call.
void spill(const std::string& path, const std::string& bytes);
std::string slurp(const std::string& path);
/// Ends the process with this finding where `condition` does not hold.
void require(bool condition, const char* what);

}  // namespace lexigrad::fuzz
