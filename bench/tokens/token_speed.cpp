// GPT-2's ids of one file, for compare.py: lexigrad_token_speed FILE THREADS [REPEATS]. Reads and encodes it by a new
// tokenizer, then again and again; decodes; prints one JSON line of seconds and megabytes.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "../timing.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/tokenizers/gpt2_tokenizer.h"

using namespace lexigrad;

namespace {
double peak_megabytes() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1000;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  set_num_threads(std::atoi(argv[2]));
  const int repeats = argc > 3 ? std::max(1, std::atoi(argv[3])) : 3;
  std::unique_ptr<data::Gpt2Tokenizer> tokenizer;
  double load = bench::seconds(
      [&] { tokenizer = std::make_unique<data::Gpt2Tokenizer>(data::Gpt2Tokenizer::from_cache()); });
  size_t count = 0;
  std::unique_ptr<uint16_t[]> ids;
  auto encode = [&] {
    std::string text = read_file(argv[1]);
    if (!ids) ids = std::make_unique_for_overwrite<uint16_t[]>(text.size());
    count = tokenizer->encode_to(text, std::span(ids.get(), text.size()));
  };
  double cold = bench::seconds(encode);
  std::vector<double> warm(static_cast<size_t>(repeats));
  for (double& taken : warm) taken = bench::seconds(encode);
  double peak = peak_megabytes();
  std::vector<int64_t> all(ids.get(), ids.get() + count);
  std::string text;
  double decode = bench::timed(3, [&] { text = tokenizer->decode(all); });
  std::printf(
      "{\"load\": %.4f, \"cold\": %.4f, \"warm\": %.4f, \"decode\": %.4f, \"ids\": %zu, \"peak_mb\": %.0f}\n",
      load, cold, bench::median(warm), decode, count, peak);
}
