// Text to ids, ids to a batch, a batch to vectors that know their positions: the tutorial's (8, 4, 256).
#include <lexigrad/lexigrad.h>

#include <fstream>
#include <iostream>

using namespace lexigrad;

// The beginning of Edith Wharton's "The Verdict" (1908), the tutorial's text.
const std::string opening =
    "I HAD always thought Jack Gisburn rather a cheap genius--though a good fellow enough--so it was no "
    "great "
    "surprise to me to hear that, in the height of his glory, he had dropped his painting, married a rich "
    "widow, and established himself in a villa on the Riviera.";

// GPT-2's tokenizer, or where script/setup could not get its files, words.
std::unique_ptr<data::Tokenizer> tokenizer_for(const std::string& text) {
  try {
    return std::make_unique<data::Gpt2Tokenizer>(data::Gpt2Tokenizer::from_cache());
  } catch (const std::exception& missing) {
    std::cout << "SKIPPED: GPT-2's ids; these are ids of words. " << missing.what() << "\n";
    return std::make_unique<data::WordTokenizer>(data::WordTokenizer::from_text(text));
  }
}

int main(int argc, char** argv) {
  std::string text = argc > 1 ? data::read_text(argv[1]) : opening;
  auto tokenizer = tokenizer_for(text);
  data::NextTokenDataset dataset(tokenizer->encode(text), {.max_length = 4, .stride = 4});
  data::DataLoader loader(dataset, {.batch_size = 8, .shuffle = false});
  auto [inputs, targets] = *loader.begin();
  std::cout << "inputs " << inputs << "\ntargets " << targets << "\n";

  manual_seed(123);
  nn::Embedding token(tokenizer->vocabulary_size(), 256), position(4, 256);
  Tensor tokens = token(inputs), positions = position(arange(4));
  Tensor x = tokens + positions;  // the same four positions for each of the eight windows
  std::cout << tokens.shape() << " + " << positions.shape() << " = " << x.shape() << "\n";

  std::cout << tensor({0.5, -0.2, 0.1}) + tensor({0.1, 0.3, -0.1}) << "\n";
  try {
    tokens + nn::Embedding(4, 128)(arange(4));
  } catch (const std::invalid_argument& error) { std::cout << error.what() << "\n"; }
}
// Prints:
// inputs tensor([[   40,   367,  2885,  1464],
//         [ 1807,  3619,   402,   271],
//         [10899,  2138,   257,  7026],
//         [15632,   438,  2016,   257],
//         [  922,  5891,  1576,   438],
//         [  568,   340,   373,   645],
//         [ 1049,  5975,   284,   502],
//         [  284,  3285,   326,    11]])
// targets tensor([[  367,  2885,  1464,  1807],
//         [ 3619,   402,   271, 10899],
//         [ 2138,   257,  7026, 15632],
//         [  438,  2016,   257,   922],
//         [ 5891,  1576,   438,   568],
//         [  340,   373,   645,  1049],
//         [ 5975,   284,   502,   284],
//         [ 3285,   326,    11,   287]])
// lexigrad.Size([8, 4, 256]) + lexigrad.Size([4, 256]) = lexigrad.Size([8, 4, 256])
// tensor([0.6000, 0.1000, 0.0000])
// [add] Shapes [8, 4, 256] and [4, 128] do not broadcast: ...
