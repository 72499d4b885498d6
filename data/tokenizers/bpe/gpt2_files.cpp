#include "lexigrad/data/tokenizers/bpe/gpt2_files.h"

#include <nlohmann/json.hpp>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/tokenizers/bpe/byte_letters.h"
#include "lexigrad/data/tokenizers/tokenizer.h"

namespace lexigrad::data {
namespace {
constexpr std::string_view kWhere = "gpt2_files";
constexpr std::string_view kHint = " Hint: the file is damaged; remove it and run script/setup.";

// 256 bytes, a token for each merge, then <|endoftext|>.
Vocabulary tokens_of_merges(const std::string& path, const ByteLetters& letters) {
  Vocabulary tokens;
  for (unsigned char b : letters.order()) tokens.add(std::string(1, static_cast<char>(b)));
  read_merges(path, kHint, [&](const std::string& left, const std::string& right, int64_t offset) {
    auto fail = [&](std::string_view what) { fail_file(kWhere, text(what, '.', kHint), path, offset); };
    if (tokens.find(left) < 0 || tokens.find(right) < 0) fail("A merge joins parts that are no tokens yet");
    if (tokens.add(left + right) < 0) fail("A merge makes a token that is there already");
  });
  tokens.add(kEndOfText);
  return tokens;
}

// Holds each "token": id of encoder.json against the vocabulary while the file is parsed.
class EncoderCheck : public nlohmann::json_sax<nlohmann::json> {
 public:
  EncoderCheck(const std::string& path, const Vocabulary& tokens, const ByteLetters& letters)
      : path_(path), tokens_(tokens), letters_(letters) {}

  bool null() override { return refuse(); }
  bool boolean(bool) override { return refuse(); }
  bool number_integer(number_integer_t) override { return refuse(); }
  bool number_unsigned(number_unsigned_t id) override {
    if (depth_ != 1) return refuse();
    std::string token;
    int64_t expected = key_ == kEndOfText             ? tokens_.find(kEndOfText)
                       : letters_.append(token, key_) ? tokens_.find(token)
                                                      : -1;
    if (expected < 0 || static_cast<uint64_t>(expected) != id)
      fail_file(kWhere,
                text("Token \"", key_, "\" has id ", id, " but vocab.bpe makes it ", expected, '.', kHint),
                path_);
    ++seen_;
    return true;
  }
  bool number_float(number_float_t, const string_t&) override { return refuse(); }
  bool string(string_t&) override { return refuse(); }
  bool binary(binary_t&) override { return refuse(); }
  bool start_object(std::size_t) override { return ++depth_ == 1 || refuse(); }
  bool key(string_t& name) override { return key_ = name, true; }
  bool end_object() override { return true; }
  bool start_array(std::size_t) override { return refuse(); }
  bool end_array() override { return true; }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    fail_file(kWhere, text("This is not JSON.", kHint), path_, static_cast<int64_t>(position));
  }
  int64_t seen() const { return seen_; }

 private:
  bool refuse() const { fail_file(kWhere, text("This is not one object of token: id.", kHint), path_); }

  const std::string& path_;
  const Vocabulary& tokens_;
  const ByteLetters& letters_;
  std::string key_;
  int depth_ = 0;
  int64_t seen_ = 0;
};
}  // namespace

void read_merges(const std::string& path, std::string_view hint,
                 const std::function<void(const std::string&, const std::string&, int64_t)>& use) {
  const ByteLetters letters;
  const std::string bytes = read_utf8(path);
  std::string_view rest = bytes;
  auto fail = [&](std::string_view what) {
    fail_file(kWhere, text(what, '.', hint), path, static_cast<int64_t>(bytes.size() - rest.size()));
  };
  if (!rest.starts_with("#version")) fail("The first line is not #version");
  rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
  while (!rest.empty()) {
    size_t stop = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, stop);
    if (line.ends_with('\r')) line.remove_suffix(1);
    size_t space = line.find(' ');
    if (space == line.npos) fail("A line is not two parts of a merge");
    std::string left, right;
    if (!letters.append(left, line.substr(0, space)) || !letters.append(right, line.substr(space + 1)))
      fail("A merge has a character that stands for no byte");
    use(left, right, static_cast<int64_t>(bytes.size() - rest.size()));
    rest.remove_prefix(std::min(stop + 1, rest.size()));
  }
}

Vocabulary read_gpt2_files(const std::string& folder) {
  ByteLetters letters;
  std::string merges = folder + "/vocab.bpe", encoder = folder + "/encoder.json";
  Vocabulary tokens = tokens_of_merges(merges, letters);
  EncoderCheck sax(encoder, tokens, letters);
  nlohmann::json::sax_parse(read_utf8(encoder), &sax);
  if (sax.seen() != tokens.size())
    fail_file(kWhere, text("It has ", sax.seen(), " tokens but vocab.bpe makes ", tokens.size(), '.', kHint),
              encoder);
  return tokens;
}

}  // namespace lexigrad::data
