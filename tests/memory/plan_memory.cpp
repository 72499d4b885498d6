// plan_memory COMMAND FOLDER: trains runs of many kinds for a few steps and holds the peak memory of each against what
// --plan said.
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "../support/peak_memory.h"

namespace {

using Words = std::vector<std::string>;

constexpr int64_t kWords = 20000, kTokens = 400000;

void write_text(const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  for (int64_t i = 0; i < kTokens; ++i)
    out << 'w' << (i < kWords ? i : i * 7919 % kWords) << (i % 16 == 15 ? '\n' : ' ');
}

std::string joined(const Words& words) {
  std::string out;
  for (const std::string& each : words) out += each + " ";
  return out;
}

std::string printed(const std::string& line) {
  std::string out;
  FILE* pipe = ::popen(line.c_str(), "r");
  if (pipe == nullptr) return out;
  for (int c = std::getc(pipe); c != EOF; c = std::getc(pipe)) out += static_cast<char>(c);
  return ::pclose(pipe) == 0 ? out : "";
}

const std::vector<Words> kRuns = {
    {"--dim", "64"},
    {"--dim", "256"},
    {"--dim", "256", "--log-norms", "--table-stats"},
    {"--dim", "256", "--rows", "lazy"},
    {"--dim", "256", "--batch", "64"},
    {"--dim", "256", "--optimizer", "sgd"},
    {"--dim", "256", "--optimizer", "schedule-free-adamw"},
    {"--dim", "256", "--optimizer", "schedule-free-sgd", "--rows", "lazy"},
    {"--dim", "128", "--dtype", "float64", "--batch", "64"},
    {"--dim", "128", "--encoder", "mean", "--batch", "64"},
    {"--dim", "128", "--loss", "sampled-softmax"},
    {"--dim", "256", "--loss", "negative-sampling", "--rows", "lazy"},
    {"--dim", "128", "--encoder", "attention", "--layers", "4", "--context", "64"},
    {"--dim", "128", "--encoder", "attention", "--layers", "6", "--context", "64", "--batch", "64", "--tied"},
    {"--dim", "128", "--encoder", "attention", "--layers", "8", "--context", "256", "--batch", "16"},
    {"--dim", "64", "--encoder", "attention", "--layers", "2", "--context", "64", "--dtype", "float64"},
    {"--dim", "256", "--dtype", "bfloat16"},
    {"--dim", "256", "--dtype", "bfloat16", "--loss", "negative-sampling", "--rows", "lazy", "--ema", "0.9"},
    {"--dim", "128", "--dtype", "bfloat16", "--encoder", "attention", "--layers", "4", "--context", "64"},
    {"--dim", "128", "--encoder", "attention", "--layers", "8", "--context", "64", "--batch", "64",
     "--recompute"},
    {"--dim", "256", "--encoder", "attention", "--layers", "6", "--context", "1024", "--batch", "1",
     "--recompute"},
    {"--dim", "64", "--encoder", "attention", "--layers", "8", "--context", "1024", "--batch", "4",
     "--recompute", "--tied"},
    {"--dim", "128", "--encoder", "attention", "--layers", "12", "--context", "256", "--batch", "4",
     "--recompute"},
    {"--dim", "128", "--encoder", "attention", "--layers", "3", "--context", "64", "--batch", "32",
     "--recompute", "--dtype", "float64"},
};

// False where the run is not what its plan says.
bool as_planned(const std::string& command, const std::string& folder, const Words& flags) {
  const std::string text = folder + "/text", run = folder + "/run";
  Words all{"train", text, "--steps", "3", "--validation", "0.005", "--threads", "2"};
  all.insert(all.end(), flags.begin(), flags.end());
  double planned = lexigrad::test::planned_peak(printed(command + " " + joined(all) + "--plan 2> /dev/null"));
  all.insert(all.end(), {"--out", run});
  double peak = lexigrad::test::peak_memory(command, all);
  std::filesystem::remove_all(run);
  bool good = planned > 0 && peak > 0 && std::abs(peak - planned) <= lexigrad::test::plan_tolerance(planned);
  std::printf("planned %6.1f MB, measured %6.1f  %+5.1f %%  %s%s\n", planned / 1e6, peak / 1e6,
              100 * (peak - planned) / planned, joined(flags).c_str(), good ? "" : " TOO FAR");
  return good;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const std::string command = argv[1], folder = argv[2];
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  write_text(folder + "/text");
  int far = 0;
  for (const Words& run : kRuns) far += !as_planned(command, folder, run);
  std::filesystem::remove_all(folder);
  return far == 0 ? 0 : 1;
}
