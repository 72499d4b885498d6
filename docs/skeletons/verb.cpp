// lexigrad count FILE: copy to train/tools/verbs/count.cpp and add its row to train/tools/verbs/verbs.cpp.
#include <CLI/CLI.hpp>
#include <memory>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/train/tools/console.h"
#include "lexigrad/train/tools/flags.h"

namespace lexigrad::tools {
namespace {

struct Options {
  std::string file;
  bool lines = false;
};

void count(const Options& options) {
  std::string bytes = data::read_text(options.file);
  auto lines = std::count(bytes.begin(), bytes.end(), '\n');
  print(text(options.lines ? lines : static_cast<int64_t>(bytes.size()), "\n"));
}

}  // namespace

void add_count(CLI::App& verb, int&) {
  auto options = std::make_shared<Options>();
  verb.add_option("FILE", options->file, "UTF-8 text")->required();
  add_switch(verb, "--lines", options->lines, "Count lines and not bytes");
  verb.callback([options] { count(*options); });
}

}  // namespace lexigrad::tools
