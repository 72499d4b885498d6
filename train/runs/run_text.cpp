#include "lexigrad/train/runs/run_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <set>
#include <utility>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/memory/allocator.h"
#include "lexigrad/autograd/base/xxh64.h"
#include "lexigrad/data/datasets/token_file.h"
#include "lexigrad/data/text/documents.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/tokenizers/text_blocks.h"
#include "lexigrad/data/tokenizers/tokenizers.h"
#include "lexigrad/train/runs/run_folder.h"

namespace lexigrad::train {
namespace {

constexpr const char* kMakeTokens = ". Hint: lexigrad tokenize TEXT... --out NAME.tokens makes one";

// The ends within the tokens begin..end-1, counted from `begin`.
std::vector<int64_t> ends_within(const std::vector<int64_t>& ends, int64_t begin, int64_t end) {
  std::vector<int64_t> out;
  for (int64_t each : ends)
    if (each > begin && each < end) out.push_back(each - begin);
  out.push_back(end - begin);
  return out;
}

// Holds the last tokens out.
Corpus corpus_of(const TrainConfig& config, std::string name, const data::TokenArray& all,
                 const std::vector<int64_t>& ends) {
  const int64_t count = all.size(),
                held_out = static_cast<int64_t>(static_cast<double>(count) * config.validation),
                training = count - std::min(held_out, kMostHeldOut);
  Corpus out{std::move(name), all.slice(0, training), all.slice(training, count)};
  if (config.document_mask || objectives().at(config.objective).sentences) {
    out.training_ends = ends_within(ends, 0, training);
    out.held_out_ends = ends_within(ends, training, count);
  }
  return out;
}

// The files' names, each with its place behind it where two have one name.
std::vector<std::string> names_of(const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  for (const std::string& path : paths) names.push_back(std::filesystem::path(path).filename().string());
  if (std::set<std::string>(names.begin(), names.end()).size() == names.size()) return names;
  for (size_t i = 0; i < names.size(); ++i) names[i] += text(" (", i + 1, ')');
  return names;
}

RunText open_tokens(const TrainConfig& config, const std::vector<std::string>& paths) {
  const std::vector<std::string> names = names_of(paths);
  RunText out;
  std::string vocabulary;
  Xxh64 sums;
  for (size_t i = 0; i < paths.size(); ++i) {
    const data::TokenFile file(paths[i]);
    if (i == 0) {
      vocabulary = file.vocabulary_sum();
      out.sum = file.sum();
      out.tokenizer = file.tokenizer();
    }
    if (file.vocabulary_sum() != vocabulary)
      fail_file(
          "train",
          text("Its ids are of another vocabulary (XXH64 ", file.vocabulary_sum(), ") than those of ",
               names[0], " (", vocabulary,
               "). Hint: lexigrad tokenize TEXT --run THE_OTHER.tokens --out NAME.tokens takes that one's"),
          paths[i]);
    if (paths.size() > 1 && file.tokens().size() == 0)
      fail_file("train", "This corpus of the mix is empty. Hint: leave it out", paths[i]);
    sums.update(file.sum());
    out.bytes += file.sizes().text_bytes;
    out.corpora.push_back(
        corpus_of(config, config.mix.empty() ? "" : names[i], file.tokens(), file.document_ends()));
  }
  if (paths.size() > 1) out.sum = sums.hex();
  return out;
}

void check_texts(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (is_run(path))
      fail_file("train", "This is a run and no text. Hint: --resume --out goes on with it", path);
    if (data::TokenFile::is_one(path))
      fail_file("train",
                "This is a token file among texts. Hint: name it alone, or the texts it was made from; --mix "
                "takes several token files",
                path);
  }
}

// The ids of each line, and where it ends; a line without ids is none.
void append_lines(std::string_view block, const data::Tokenizer& tokenizer, data::TokenArrayBuilder& ids,
                  std::vector<int64_t>& ends) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin < block.size();) {
    const size_t end = data::end_of_line(block, begin);
    lines.push_back(block.substr(begin, end - begin));
    if (lines.back().ends_with('\n')) lines.back().remove_suffix(1);
    begin = end;
  }
  for (const std::vector<int64_t>& line : tokenizer.encode_batch(lines)) {
    if (line.empty()) continue;
    ids.append(line);
    ends.push_back((ends.empty() ? 0 : ends.back()) + static_cast<int64_t>(line.size()));
  }
}

RunText encode_texts(const TrainConfig& config, const std::vector<std::string>& paths) {
  check_texts(paths);
  const data::Texts texts(paths, {.encoding = config.encoding});
  const bool learns = data::tokenizers().at(config.tokenizer).learns;
  RunText out;
  out.kept_bytes = texts.kept_bytes();
  out.tokenizer =
      data::make_tokenizer(config.tokenizer, *data::joined_texts(texts.documents()), config.options);
  std::unique_ptr<data::ByteSource> source = data::joined_texts(texts.documents(!learns));
  data::TokenArrayBuilder ids(out.tokenizer->vocabulary_size(), static_cast<int64_t>(source->expected()) + 1);
  std::vector<int64_t> ends;
  const bool sentences = objectives().at(config.objective).sentences;
  data::TextBlocks blocks(*source, [&](std::string_view read, size_t from) {
    return sentences ? data::end_of_line(read, from) : out.tokenizer->cut(read, from);
  });
  Xxh64 sum;
  for (std::string_view block; !(block = blocks.next()).empty();) {
    sum.update(block);
    out.bytes += static_cast<int64_t>(block.size());
    if (sentences)
      append_lines(block, *out.tokenizer, ids, ends);
    else
      ids.append(*out.tokenizer, block);
  }
  out.sum = sum.hex();
  out.corpora.push_back(corpus_of(config, "", std::move(ids).finish(), ends));
  return out;
}

void check_token_files(const std::vector<std::string>& paths, const char* flag) {
  for (const std::string& path : paths)
    if (!data::TokenFile::is_one(path)) fail_file("train", text(flag, kMakeTokens), path);
}

}  // namespace

int64_t RunText::training() const {
  return std::accumulate(corpora.begin(), corpora.end(), int64_t{0},
                         [](int64_t sum, const Corpus& each) { return sum + each.training.size(); });
}

int64_t RunText::held_out() const {
  return std::accumulate(corpora.begin(), corpora.end(), int64_t{0},
                         [](int64_t sum, const Corpus& each) { return sum + each.held_out.size(); });
}

std::vector<int64_t> RunText::occurrences(const std::vector<double>& weights) const {
  std::vector<double> sum(static_cast<size_t>(tokenizer->vocabulary_size()), 0);
  const double total = static_cast<double>(training()),
               all = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (size_t i = 0; i < corpora.size(); ++i) {
    const auto tokens = static_cast<double>(corpora[i].training.size());
    const double times = weights.empty() || tokens == 0 ? 1 : weights[i] / all * total / tokens;
    std::vector<int64_t> count(sum.size(), 0);
    corpora[i].training.for_each_part([&](auto ids) {
      for (auto id : ids) ++count[static_cast<size_t>(id)];
    });
    for (size_t id = 0; id < sum.size(); ++id) sum[id] += static_cast<double>(count[id]) * times;
  }
  std::vector<int64_t> out;
  for (double each : sum) out.push_back(each > 0 ? std::max<int64_t>(std::llround(each), 1) : 0);
  return out;
}

std::vector<std::string> text_paths(const TrainConfig& config) {
  std::vector<std::string> out;
  for (size_t at = 0; at <= config.text.size();) {
    size_t end = std::min(config.text.find('\n', at), config.text.size());
    out.push_back(config.text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string shown_paths(const TrainConfig& config) {
  return data::visible(fmt::format("{}", fmt::join(text_paths(config), ", ")));
}

RunText read_run_text(const TrainConfig& config) {
  const std::vector<std::string> paths = text_paths(config);
  if (!config.mix.empty()) check_token_files(paths, "--mix takes token files alone");
  if (!config.mix.empty() || (paths.size() == 1 && data::TokenFile::is_one(paths[0])))
    return open_tokens(config, paths);
  if (config.document_mask)
    fail_file("train", text("--document-mask needs a token file, which says where texts end", kMakeTokens),
              paths[0]);
  RunText out = encode_texts(config, paths);
  release_cached_memory();  // what reading and encoding left
  return out;
}

}  // namespace lexigrad::train
