// The lexigrad command with a tokenizer, a vector format and a verb that it does not have by itself.
#include <lexigrad/data/data.h>
#include <lexigrad/train/tools/command_line.h>
#include <lexigrad/train/train.h>

#include <CLI/CLI.hpp>
#include <cctype>
#include <fstream>
#include <iostream>

using namespace lexigrad;

namespace {

data::Vocabulary all_bytes() {
  data::Vocabulary out;
  for (int byte = 0; byte < 256; ++byte) out.add(std::string(1, static_cast<char>(byte)));
  out.add(data::kEndOfText);
  return out;
}

/// Each byte is a token; letters may lose their case.
class ByteTokenizer : public data::Tokenizer {
 public:
  explicit ByteTokenizer(bool fold) : Tokenizer(all_bytes()), fold_(fold) {}
  std::string decode(std::span<const int64_t> ids) const override {
    std::string out;
    for (int64_t id : ids) out += vocabulary().token(id);
    return out;
  }
  int64_t id_of(std::string_view word) const override { return vocabulary().id_of(word); }
  std::vector<int64_t> candidates(std::string_view word) const override {
    int64_t id = vocabulary().find(word);
    return id < 0 ? std::vector<int64_t>{} : std::vector<int64_t>{id};
  }
  std::string_view kind() const override { return "byte"; }

 private:
  void append_ids(std::string_view text, std::vector<int64_t>& ids) const override {
    for (unsigned char byte : text) ids.push_back(fold_ ? std::tolower(byte) : byte);
  }
  std::string body() const override { return fold_ ? "fold\n" : "keep\n"; }

  bool fold_;
};

const data::TokenizerEntry kByte({
    .name = "byte",
    .help = "takes each byte as a token",
    .options = {{"fold-case", false, {}, "A is a"}},
    .make =
        [](data::ByteSource&, const OptionValues& options) {
          return std::make_unique<ByteTokenizer>(options.get<bool>("fold-case"));
        },
    .load = [](std::string_view body,
               const std::string&) { return std::make_unique<ByteTokenizer>(body == "fold\n"); },
});

// A line "V D", then a line of numbers for each word, all of it in plain decimal digits.
train::WordVectors load_plain(const std::string& path) {
  std::ifstream in(path);
  int64_t count = 0, dim = 0;
  in >> count >> dim;
  train::WordVectors out{{}, empty({count, dim})};
  for (int64_t row = 0; row < count; ++row) {
    out.words.push_back("word" + std::to_string(row));
    for (int64_t d = 0; d < dim; ++d) in >> out.rows.data<float>()[row * dim + d];
  }
  return out;
}

void save_plain(const std::string& path, const train::WordVectors& vectors) {
  std::ofstream out(path);
  out << vectors.rows.size(0) << ' ' << vectors.rows.size(1) << '\n';
  for (float value : vectors.rows.to_vector<float>()) out << value << '\n';
}

const train::FormatEntry kPlain({
    .name = ".plain",
    .program = "nobody",
    .save = save_plain,
    .load = load_plain,
    .sniff = [](std::string_view) { return false; },
});

const tools::VerbEntry kGreet({"greet", "Say hello", [](CLI::App& verb, int& exit_code) {
                                 verb.callback([&exit_code] {
                                   std::cout << "hello\n";
                                   exit_code = 3;
                                 });
                               }});

}  // namespace

int main(int argc, char** argv) { return tools::run_command_line(argc, argv); }
