// Fuzzes the readers of GPT-2's vocab.bpe and encoder.json, one behind the other with a zero byte between them, and
// encodes with what was read.
#include "fuzz/readers/reader.h"
#include "lexigrad/data/tokenizers/gpt2_tokenizer.h"

namespace lexigrad::fuzz {
namespace {

// The 256 letters that stand for bytes, by id.
std::vector<std::string> letters() {
  std::vector<std::string> visible, other;
  int next = 0x100;
  for (int b = 0; b < 256; ++b) {
    bool own = (b > ' ' && b < 0x7F) || (b > 0xA0 && b != 0xAD);
    int code = own ? b : next++;
    std::string letter = code < 0x80 ? std::string(1, static_cast<char>(code))
                                     : std::string{static_cast<char>(0xC0 | code >> 6),
                                                   static_cast<char>(0x80 | (code & 0x3F))};
    (own ? visible : other).push_back(letter);
  }
  visible.insert(visible.end(), other.begin(), other.end());
  return visible;
}

}  // namespace

std::string file_name() { return "both"; }

void write_seeds(const std::string& folder) {
  std::vector<std::string> tokens = letters();
  for (const char* merged : {"th", "the", "\xC4\xA0the", "<|endoftext|>"}) tokens.emplace_back(merged);
  std::string json;
  for (size_t id = 0; id < tokens.size(); ++id) {
    bool escaped = tokens[id] == "\"" || tokens[id] == "\\";
    json += (id > 0 ? ", \"" : "{\"") + std::string(escaped ? "\\" : "") + tokens[id] +
            "\": " + std::to_string(id);
  }
  const std::string merges = "#version: 0.2\nt h\nth e\n\xC4\xA0 the\n";
  spill(folder + "/both", merges + '\0' + json + "}\n");
  spill(folder + "/merges", merges + '\0');
}

std::string mended(std::string bytes) { return bytes; }

void read(const std::string& path) {
  std::string bytes = slurp(path), folder = path.substr(0, path.rfind('/'));
  size_t cut = std::min(bytes.find('\0'), bytes.size());
  spill(folder + "/vocab.bpe", bytes.substr(0, cut));
  spill(folder + "/encoder.json", bytes.substr(std::min(cut + 1, bytes.size())));
  data::Gpt2Tokenizer tokenizer(folder);
  require(tokenizer.decode(tokenizer.encode(bytes)) == bytes, "another text is decoded");
}

}  // namespace lexigrad::fuzz
