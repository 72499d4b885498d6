// run_memory COMMAND FOLDER MEGABYTES: trains a few steps on a text of that size and holds the peak memory of the
// whole command against what docs/profile.md states.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "lexigrad/autograd/base/counter_rng.h"

namespace {

// Lines of words out of 5000, of 2 to 9 letters.
void write_text(const std::string& path, int64_t bytes) {
  lexigrad::CounterRng random(3);
  std::ofstream out(path, std::ios::binary);
  std::string line;
  for (uint64_t i = 0, written = 0; written < static_cast<uint64_t>(bytes); ++i) {
    line.clear();
    for (uint64_t w = 0; w < 16; ++w) {
      uint64_t word = random.below(5000, i, w);
      for (uint64_t rest = word, n = 2 + word % 8; n > 0; --n, rest /= 3)
        line += static_cast<char>('a' + (rest + word) % 26);
      line += ' ';
    }
    line += '\n';
    out << line;
    written += line.size();
  }
}

// Peak resident bytes of the command; ends the program where that fails.
double peak_of_run(const std::string& command, const std::string& text, const std::string& run) {
  pid_t child = fork();
  if (child == 0) {
    if (!std::freopen("/dev/null", "w", stdout)) std::_Exit(1);
    execl(command.c_str(), command.c_str(), "train", text.c_str(), "--out", run.c_str(), "--dim", "4",
          "--steps", "3", "--validation", "0.0005", static_cast<char*>(nullptr));
    std::_Exit(1);
  }
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) < 0 || status != 0) {
    std::printf("%s failed\n", command.c_str());
    std::exit(1);
  }
  return static_cast<double>(usage.ru_maxrss) * 1024;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  std::string command = argv[1], folder = argv[2], text = folder + "/text.txt";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  write_text(text, 1 << 20);
  double base = peak_of_run(command, text, folder + "/small");
  int64_t size = std::atoll(argv[3]) << 20;
  write_text(text, size);
  double peak = peak_of_run(command, text, folder + "/large");
  std::filesystem::remove_all(folder);
  // 2 bytes a token, and what does not grow with the text: a block and its ids, or the pairs that are counted.
  double allowed = base + 0.35 * static_cast<double>(size) + 96e6;
  std::printf("text %.0f MB: peak %.0f MB beside %.0f MB of a run on 1 MB (allowed %.0f)\n",
              static_cast<double>(size) / 1e6, peak / 1e6, base / 1e6, allowed / 1e6);
  return peak <= allowed ? 0 : 1;
}
