// Byte pairs learnt from a text: what is merged first, how many bytes a token of each vocabulary has, how a word is cut.
#include <lexigrad/lexigrad.h>

#include <algorithm>
#include <iomanip>
#include <iostream>
using namespace lexigrad;
int main() {
  std::string text = data::make_planted_corpus().text;
  data::PieceCounts pieces;  // texts of any number are counted one after another
  pieces.add_text(text);
  std::cout << text.size() << " bytes, " << pieces.size() << " different pieces\n";
  for (int64_t size : {257, 300, 400, 600, 1000}) {
    auto tokenizer = data::BpeTokenizer::from_counts(pieces, {.vocabulary_size = size});
    auto tokens = static_cast<double>(tokenizer.encode(text).size());
    std::cout << std::setw(5) << tokenizer.vocabulary_size() << " tokens: " << std::fixed
              << std::setprecision(2) << static_cast<double>(text.size()) / tokens << " bytes each\n";
  }
  auto tokenizer = data::BpeTokenizer::from_counts(pieces, {.vocabulary_size = 400});
  std::cout << "merged first:";
  for (int64_t id = 256; id < 264; ++id) std::cout << " '" << tokenizer.token_text(id) << "'";
  std::cout << "\nany bytes:";
  for (int64_t id : tokenizer.encode(" \xff cat")) std::cout << " '" << tokenizer.token_text(id) << "'";
  std::cout << "\n";
}
// Prints:
// 702076 bytes, 366 different pieces
//   257 tokens: 1.00 bytes each
//   300 tokens: 1.63 bytes each
//   400 tokens: 2.22 bytes each
//   600 tokens: 2.98 bytes each
//  1000 tokens: 4.23 bytes each
// merged first: 'th' 'the' ' .' ' the' 'ne' ' s' 'ar' 'er'
// any bytes: ' ' '\xff' ' c' 'at'
