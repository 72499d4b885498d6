#include "lexigrad/data/corpora/corpus_statistics.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <functional>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/xxh64.h"
#include "lexigrad/data/text/compression.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/data/tokenizers/text_blocks.h"

namespace lexigrad::data {
namespace {

// What a text's bytes say of its encoding.
class Kind {
 public:
  void add(std::string_view text) {
    for (const char *p = text.data(), *end = p + text.size(); p < end;) {
      CodePoint c = decode_utf8(p, end);
      ascii_ = ascii_ && c.value < 0x80;
      valid_ = valid_ && c.valid;
      p += c.length;
    }
  }
  std::string name() const { return !valid_ ? "not UTF-8" : ascii_ ? "ASCII" : "UTF-8"; }

 private:
  bool ascii_ = true, valid_ = true;
};

// The encoding that a file's mark says; empty where it has none, or can be read but once.
std::string marked(const std::string& path) {
  std::error_code unseen;
  if (!std::filesystem::is_regular_file(path, unseen)) return {};
  std::string first;
  append_bytes(first, *unpacking(open_source(path), path), 4);
  return std::string(marked_encoding(first));
}

uint64_t hash_of(std::string_view line) {
  Xxh64 sum;
  sum.update(line);
  return sum.digest();
}

}  // namespace

void CorpusStatistics::add(Documents& all) {
  std::string path, mark;  // of the file at hand, which may hold many documents
  while (std::unique_ptr<ByteSource> document = all.next()) {
    ++documents;
    TextBlocks blocks(*document, end_of_line);
    Kind kind;
    int64_t number = 0;
    for (std::string_view block; !(block = blocks.next()).empty();) {
      bytes += static_cast<int64_t>(block.size());
      kind.add(block);
      words.add_text(block);
      for (size_t at = 0, end = 0; at < block.size(); at = end + 1) {
        end = std::min(block.find('\n', at), block.size());
        add_line(block.substr(at, end - at), all.path(), ++number);
      }
    }
    if (path != all.path()) path = all.path(), mark = marked(path);
    ++encodings[mark.empty() || mark == "utf-8" ? kind.name() : mark];
  }
}

void CorpusStatistics::add_line(std::string_view line, const std::string& path, int64_t number) {
  ++lines;
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (static_cast<int64_t>(line.size()) > longest_line || longest_line_at.empty()) {
    longest_line = static_cast<int64_t>(line.size());
    longest_line_at = text(path, ", line ", number);
  }
  if (line.find_first_not_of(" \t") == std::string_view::npos) {
    ++blank_lines;
    return;
  }
  auto is_sampled = [&](uint64_t hash) { return (hash & ((uint64_t{1} << level_) - 1)) == 0; };
  uint64_t hash = hash_of(line);
  if (!is_sampled(hash)) return;
  ++repeats_[hash];
  if (repeats_.size() <= most_lines_) return;
  ++level_;
  std::erase_if(repeats_, [&](const auto& each) { return !is_sampled(each.first); });
}

double CorpusStatistics::repeated_share() const {
  int64_t all = 0;
  for (const auto& [hash, count] : repeats_) all += count;
  return all == 0
             ? 0
             : static_cast<double>(all - static_cast<int64_t>(repeats_.size())) / static_cast<double>(all);
}

std::vector<int64_t> CorpusStatistics::frequencies() const {
  std::vector<int64_t> out;
  for (int64_t id = 0; id < words.words().size(); ++id) out.push_back(words.count(id));
  std::sort(out.begin(), out.end(), std::greater<>());
  return out;
}

double zipf_exponent(const std::vector<int64_t>& frequencies) {
  double n = 0, x_sum = 0, y_sum = 0, xx = 0, xy = 0;
  for (size_t rank = 1; rank <= std::min<size_t>(frequencies.size(), 4096); rank *= 2) {
    double x = std::log(static_cast<double>(rank)), y = std::log(static_cast<double>(frequencies[rank - 1]));
    n += 1, x_sum += x, y_sum += y, xx += x * x, xy += x * y;
  }
  return n < 4 ? 0 : (x_sum * y_sum - n * xy) / (n * xx - x_sum * x_sum);
}

}  // namespace lexigrad::data
