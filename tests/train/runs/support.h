// What the tests of training runs share: small texts, runs of the command, the bytes of a run folder.
#pragma once
#include <algorithm>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/counter_rng.h"
#include "lexigrad/train/loop/run_log.h"
#include "support/command.h"
#include "support/sha256.h"

namespace lexigrad::test {

using Words = std::vector<std::string>;

/// `count` words out of w0, w1, ..., the first ones more often; each follows from the one
/// before more often than not.
inline std::string random_text(int64_t words, int64_t count, uint64_t seed = 1) {
  CounterRng random(seed, 99);
  std::string out;
  int64_t word = 0;
  for (int64_t i = 0; i < count; ++i) {
    double u = random.uniform(static_cast<uint64_t>(i), 0);
    word = u < 0.5 ? (word * 7 + 3) % words
                   : static_cast<int64_t>(u * (2 * u - 1) * static_cast<double>(words)) % words;
    out += "w" + std::to_string(word) + (i % 12 == 11 ? ".\n" : " ");
  }
  return out;
}

/// The files of a folder by name; log.jsonl without its times.
inline std::map<std::string, std::string> contents(const std::string& folder) {
  std::map<std::string, std::string> out;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::string name = file.path().filename().string();
    out[name] = slurp(file.path().string());
    if (name != "log.jsonl") continue;
    out[name].clear();
    for (const train::LogEntry& e : train::read_log(file.path().string()))
      out[name] += lexigrad::text(e.step, " ", e.epoch, " ", e.tokens, " ", e.loss.value_or(-1), " ",
                                  e.validation.value_or(-1), " ", e.lr, "\n");
  }
  return out;
}

/// What of two folders differs, for messages; empty where all is the same.
inline std::string difference(const std::map<std::string, std::string>& a,
                              const std::map<std::string, std::string>& b) {
  std::string out;
  for (const auto& [name, bytes] : a)
    if (!b.contains(name))
      out += name + " is missing; ";
    else if (b.at(name) != bytes)
      out += name + " differs; ";
  for (const auto& [name, bytes] : b)
    if (!a.contains(name)) out += name + " is too many; ";
  return out;
}

inline Words operator+(Words a, const Words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Trains to the end and expects success.
inline void train_run(const std::vector<std::string>& arguments, const CommandOptions& options = {}) {
  CommandResult result = run_command(Words{"train"} + arguments, options);
  INFO(result.err);
  REQUIRE(result.exit == 0);
}

}  // namespace lexigrad::test
