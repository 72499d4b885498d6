// lexigrad analogy RUN A B C: what is to C as B is to A.
#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/train/tools/console.h"
#include "lexigrad/train/tools/flags.h"
#include "lexigrad/train/tools/word_table.h"

namespace lexigrad::tools {
namespace {

struct Options {
  WordFlags flags;
  std::string method = "add";
};

void answer(const Options& options) {
  const WordFlags& flags = options.flags;
  WordTable table(flags);
  std::vector<int64_t> ids;
  for (const std::string& word : flags.words) ids.push_back(table.find(word));
  std::vector<NearRow> found =
      analogy(table.rows(), {ids[1], ids[2]}, {ids[0]}, flags.k,
              options.method == "mul" ? AnalogyMethod::multiply : AnalogyMethod::add);
  if (!flags.json) {
    std::string a = table.shown(ids[0]), b = table.shown(ids[1]), c = table.shown(ids[2]);
    return print(table.table(text(a, " : ", b, " = ", c, " : ?"), found));
  }
  print(data::json_text(nlohmann::ordered_json{{"a", table.escaped(ids[0])},
                                               {"b", table.escaped(ids[1])},
                                               {"c", table.escaped(ids[2])},
                                               {"answers", near_json<nlohmann::ordered_json>(table, found)}},
                        1) +
        '\n');
}

}  // namespace

void add_analogy(CLI::App& verb, int&) {
  auto options = std::make_shared<Options>();
  options->flags.add_to(verb);
  verb.add_option("WORD", options->flags.words, "Three: A is to B as C is to the answer (man king woman)")
      ->required()
      ->expected(3);
  add_choice(verb, "--method", options->method, {"add", "mul"},
             "What is largest for the answer: a sum of cosines (3CosAdd) or a product (3CosMul)");
  verb.callback([options] { answer(*options); });
}

}  // namespace lexigrad::tools
