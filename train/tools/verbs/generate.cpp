// lexigrad generate RUN: goes on with a text.
#include "lexigrad/nn/models/generate.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/data/tokenizers/gpt2_tokenizer.h"
#include "lexigrad/train/formats/gpt2_file.h"
#include "lexigrad/train/loop/checkpoint.h"
#include "lexigrad/train/runs/make.h"
#include "lexigrad/train/runs/objectives/next_token.h"
#include "lexigrad/train/runs/run.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/tools/console.h"
#include "lexigrad/train/tools/flags.h"

namespace lexigrad::tools {
namespace {

struct Options {
  std::string run, prompt;
  nn::GenerateOptions generate{.max_tokens = 100, .sampling = {.temperature = 0.8, .top_k = 200}};
  std::vector<std::string> stop;
  bool no_cache = false, json = false;
};

struct Source {
  std::unique_ptr<data::Tokenizer> tokenizer;
  std::unique_ptr<nn::LanguageModel> model;
};

// A RUN folder, or GPT-2's weights with GPT-2's tokens.
Source load_source(const std::string& path) {
  Source out;
  if (!train::is_folder(path)) {
    out.model = std::make_unique<nn::Gpt2>(train::load_gpt2(path));
    out.tokenizer = std::make_unique<data::Gpt2Tokenizer>(data::Gpt2Tokenizer::from_cache());
    check(out.model->vocabulary_size() == out.tokenizer->vocabulary_size(), "generate", "The model has ",
          out.model->vocabulary_size(), " tokens, GPT-2's tokenizer ", out.tokenizer->vocabulary_size());
    return out;
  }
  train::TrainConfig config = train::read_config(path);
  check(config.objective == train::TrainConfig{}.objective, "generate",
        "This run learnt vectors of words by --objective ", config.objective,
        ", which go on with no text. Hint: lexigrad neighbors shows them");
  if (config.threads > 0) set_num_threads(static_cast<int>(config.threads));
  out.tokenizer = train::load_run_tokenizer(path);
  std::shared_ptr<train::PagedTable> ngrams = train::make_ngram_table(config);
  auto model = std::make_unique<nn::NextTokenModel>(
      train::make_model(config, out.tokenizer->vocabulary_size(), {}, ngrams));
  int64_t step = train::load_checkpoint(path, *model).position.step;
  if (ngrams) {
    train::RunLock lock(path);  // its rows go back to the checkpoint
    ngrams->open(train::path_in(path, train::kRunNgrams), step);
  }
  out.model = std::move(model);
  return out;
}

// Text as it becomes whole: what is held back may still begin a stop string, or end
// within a character.
class Stream {
 public:
  /// Stop strings count behind the first `prompt` bytes.
  Stream(const std::vector<std::string>& stop, size_t prompt, bool shown)
      : stop_(stop), shown_(shown), prompt_(prompt) {}

  /// The whole text so far; false where a stop string has come, which ends the text before it.
  bool grow(const std::string& all) {
    for (const std::string& stop : stop_)
      if (size_t at = all.find(stop, prompt_); at != all.npos) {
        finish(all.substr(0, at));
        return false;
      }
    size_t ready = all.size();
    for (const std::string& stop : stop_)
      for (size_t n = 1; n < stop.size() && n + prompt_ <= all.size(); ++n)
        if (all.compare(all.size() - n, n, stop, 0, n) == 0) ready = std::min(ready, all.size() - n);
    while (ready > 0 && ready < all.size() && (static_cast<unsigned char>(all[ready]) & 0xC0) == 0x80)
      --ready;
    if (ready == all.size()) ready = whole_characters(all);
    show(all.substr(0, ready));
    return true;
  }

  void finish(const std::string& all) {
    show(all);
    text_ = all;
  }
  const std::string& text() const { return text_; }

 private:
  // Bytes up to the last character that is not cut.
  static size_t whole_characters(const std::string& all) {
    size_t last = all.size();
    while (last > 0 && all.size() - last < 3 && (static_cast<unsigned char>(all[last - 1]) & 0xC0) == 0x80)
      --last;
    if (last == 0) return all.size();
    auto lead = static_cast<unsigned char>(all[last - 1]);
    size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return all.size() - (last - 1) < length ? last - 1 : all.size();
  }

  void show(const std::string& all) {
    if (!shown_ || all.size() <= printed_) return;
    print(all.substr(printed_));
    flush_output();
    printed_ = all.size();
  }

  std::vector<std::string> stop_;
  bool shown_;
  size_t prompt_, printed_ = 0;
  std::string text_;
};

void run(const Options& options) {
  auto [tokenizer, model] = load_source(options.run);
  std::vector<int64_t> ids = tokenizer->encode(options.prompt), prompt = ids;
  if (prompt.empty()) prompt = {tokenizer->end_of_text()};
  std::string begun = tokenizer->decode(ids);
  Stream stream(options.stop, begun.size(), !options.json);
  auto start = std::chrono::steady_clock::now();
  int64_t count = 0;
  bool stopped = false;
  nn::GenerateOptions generate = options.generate;
  generate.use_cache = !options.no_cache;
  stream.grow(begun);
  nn::generate(*model, prompt, generate, [&, &tokenizer = tokenizer](int64_t id) {
    ++count;
    if (id == tokenizer->end_of_text()) return !(stopped = true);
    ids.push_back(id);
    return !(stopped = !stream.grow(tokenizer->decode(ids)));
  });
  if (stream.text().empty()) stream.finish(tokenizer->decode(ids));
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (options.json)
    print(data::json_text(nlohmann::ordered_json({{"prompt", options.prompt},
                                                  {"text", stream.text()},
                                                  {"tokens", count},
                                                  {"stopped", stopped},
                                                  {"seconds", seconds}})) +
          "\n");
  else
    print("\n");
}

}  // namespace

void add_generate(CLI::App& verb, int& exit_code) {
  auto s = std::make_shared<Options>();
  nn::SamplingOptions& sampling = s->generate.sampling;
  verb.add_option("run", s->run, "RUN folder, or a safetensors file of GPT-2's weights")
      ->required()
      ->type_name("RUN");
  constexpr double inf = std::numeric_limits<double>::infinity();
  add_text(verb, "--prompt", s->prompt, "text to go on with", "the end-of-text token");
  add_integer(verb, "--max-tokens", s->generate.max_tokens, 1, int64_t{1} << 40, "tokens to make at most");
  add_switch(verb, "--greedy", sampling.greedy, "always the most probable token");
  add_real(verb, "--temperature", sampling.temperature, -inf, inf,
           "below 1: surer; above 1: bolder; 0: as --greedy");
  add_integer(verb, "--top-k", sampling.top_k, 0, int64_t{1} << 40,
              "only the K most probable tokens; 0: all");
  add_real(verb, "--top-p", sampling.top_p, -inf, inf,
           "only the most probable tokens that reach this share together");
  add_real(verb, "--min-p", sampling.min_p, -inf, inf,
           "only tokens with this share of the greatest probability");
  add_real(verb, "--repetition-penalty", sampling.repetition_penalty, -inf, inf,
           "above 1: tokens met before are less probable");
  add_integer(verb, "--seed", sampling.seed, 0, std::numeric_limits<int64_t>::max(), "of the draws");
  verb.add_option("--stop", s->stop, "text before which to end; may be given again")->allow_extra_args(false);
  add_switch(verb, "--no-cache", s->no_cache, "read the whole text anew for each token; slower");
  add_switch(verb, "--json", s->json, "one JSON object");
  verb.callback([s, &exit_code] {
    if (std::find(s->stop.begin(), s->stop.end(), "") != s->stop.end()) {
      exit_code = bad_usage("generate", "--stop is empty: every text ends at once. Hint: leave it out");
      return;
    }
    try {
      nn::check_sampling(s->generate.sampling);
    } catch (const std::invalid_argument& error) {
      print_error(error.what());
      exit_code = kBadUsage;
      return;
    }
    run(*s);
  });
}

}  // namespace lexigrad::tools
