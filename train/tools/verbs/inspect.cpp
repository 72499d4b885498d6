// lexigrad inspect: what is in a run folder or a file.
#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/ops/ops.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/train/formats/formats.h"
#include "lexigrad/train/formats/vectors.h"
#include "lexigrad/train/loop/run_log.h"
#include "lexigrad/train/pictures/svg_scatter.h"
#include "lexigrad/train/runs/config.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/tools/console.h"
#include "lexigrad/train/tools/flags.h"
#include "lexigrad/train/tools/word_table.h"
#include "lexigrad/train/vectors/principal.h"
#include "lexigrad/train/vectors/statistics.h"

namespace lexigrad::tools {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
constexpr size_t kShownText = 60;  // bytes of a metadata value in the table

struct Options {
  WordFlags flags;
  bool statistics = false;
  std::string scatter, words;
};

// The tensor as the file has it.
train::StoredDtype stored(const train::NamedTensor& each, const train::FileContents& contents) {
  auto found = contents.stored.find(each.name);
  if (found != contents.stored.end()) return found->second;
  const Tensor& x = each.tensor;
  return {name(x.dtype()), x.shape(), x.numel() * item_size(x.dtype())};
}

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json tensor_json(const train::NamedTensor& each, const train::FileContents& contents) {
  const Tensor& x = each.tensor;
  train::Statistics s = train::statistics(x);
  train::StoredDtype as = stored(each, contents);
  std::vector<int64_t> shape(as.shape.begin(), as.shape.end());
  Json out = {{"name", each.name},         {"dtype", as.dtype},      {"shape", shape},
              {"numel", as.shape.numel()}, {"bytes", as.bytes},      {"min", number(s.min)},
              {"max", number(s.max)},      {"mean", number(s.mean)}, {"std", number(s.deviation)},
              {"non_finite", s.not_finite}};
  if (auto alias = contents.alias.find(each.name); alias != contents.alias.end())
    out["alias_of"] = alias->second;
  return out;
}

// A checkpoint's parameters are those of its model; in any other file each tensor of floats is
// one. Tensors that share memory count once.
Json file_json(const std::string& path) {
  train::FileContents contents = train::load_contents(path);
  auto of_model = [](const train::NamedTensor& each) { return each.name.starts_with("model."); };
  bool checkpoint = std::any_of(contents.tensors.begin(), contents.tensors.end(), of_model);
  int64_t parameters = 0, parameter_bytes = 0, bytes = 0;
  Json tensors = Json::array(), metadata = Json::object();
  for (const train::NamedTensor& each : contents.tensors) {
    tensors.push_back(tensor_json(each, contents));
    if (contents.alias.contains(each.name)) continue;
    train::StoredDtype as = stored(each, contents);
    bytes += as.bytes;
    bool numbers = is_floating(each.tensor.dtype()) || each.tensor.dtype() == bfloat16;
    if (!numbers || (checkpoint && !of_model(each))) continue;
    parameters += as.shape.numel();
    parameter_bytes += as.bytes;
  }
  for (const auto& [key, value] : contents.metadata) metadata[key] = value;
  return {{"path", data::escape(path)}, {"file_bytes", InputFile(path).size()},
          {"parameters", parameters},   {"parameter_bytes", parameter_bytes},
          {"tensor_bytes", bytes},      {"metadata", metadata},
          {"tensors", tensors}};
}

Json run_json(const std::string& folder) {
  train::run_file(folder, train::kRunConfig);
  Json out = {{"run", data::escape(folder)},
              {"config", data::parsed_json<Json>(train::config_json(train::read_config(folder)))}};
  std::unique_ptr<data::Tokenizer> tokenizer = train::load_run_tokenizer(folder);
  out["tokenizer"] = {{"kind", tokenizer->kind()}, {"vocabulary", tokenizer->vocabulary_size()}};
  std::vector<train::LogEntry> log = train::read_log(train::path_in(folder, train::kRunLog));
  if (!log.empty()) {
    const train::LogEntry& last = log.back();
    out["last"] = {{"step", last.step}, {"epoch", last.epoch}, {"tokens", last.tokens}};
    if (last.loss) out["last"]["loss"] = number(*last.loss);
    if (last.validation) out["last"]["validation"] = number(*last.validation);
  }
  out["files"] = Json::array();
  std::error_code error;
  for (const char* name : {train::kCheckpointFile, train::kRunStartVectors, train::kRunVectors})
    if (fs::path path = fs::path(folder) / name; fs::exists(path, error))
      out["files"].push_back(file_json(path.string()));
  return out;
}

std::string short_number(const Json& value) {
  if (value.is_null()) return "-";
  char buffer[40];
  return {
      buffer,
      std::to_chars(buffer, buffer + sizeof buffer, value.get<double>(), std::chars_format::general, 4).ptr};
}

std::string joined(const Json& object) {
  std::string line;
  for (const auto& [key, value] : object.items())
    line += text(line.empty() ? "" : ", ", key, ' ',
                 value.is_string() && value != "" ? value.get<std::string>() : data::json_text(value));
  return line;
}

// Columns as wide as their widest entry; the first two to the left, numbers to the right.
std::string table_text(const std::vector<std::vector<std::string>>& rows) {
  std::string out;
  std::vector<int64_t> widths(rows.front().size(), 0);
  for (const auto& row : rows)
    for (size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], width_of(row[c]));
  for (const auto& row : rows) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) line += "  " + padded(row[c], c < 3 ? widths[c] : -widths[c]);
    out += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return out;
}

std::string file_text(const Json& file) {
  std::string out = text(file["path"].get<std::string>(), ": ", with_commas(file["parameters"]),
                         " parameters, ", bytes_text(file["parameter_bytes"]), "; ", file["tensors"].size(),
                         file["tensors"].size() == 1 ? " tensor" : " tensors", ", file of ",
                         bytes_text(file["file_bytes"]), '\n');
  for (const auto& [key, value] : file["metadata"].items()) {
    std::string line = data::escape(value.get<std::string>());
    if (size_t size = line.size(); size > kShownText) {
      size_t cut = kShownText;
      while ((line[cut] & 0xC0) == 0x80) --cut;
      line = text(line.substr(0, cut), "... (", with_commas(static_cast<int64_t>(size)), " bytes)");
    }
    out += text("  ", data::escape(key), ": ", line, '\n');
  }
  std::vector<std::vector<std::string>> rows = {
      {"name", "dtype", "shape", "values", "bytes", "min", "max", "mean", "std", "non-finite"}};
  for (const Json& t : file["tensors"]) {
    std::string label = data::escape(t["name"].get<std::string>());
    if (t.contains("alias_of")) label += " = " + data::escape(t["alias_of"].get<std::string>());
    std::string shape;
    for (const Json& size : t["shape"]) shape += text(shape.empty() ? "" : " x ", size.get<int64_t>());
    rows.push_back({label, t["dtype"], shape.empty() ? "scalar" : shape, with_commas(t["numel"]),
                    bytes_text(t["bytes"]), short_number(t["min"]), short_number(t["max"]),
                    short_number(t["mean"]), short_number(t["std"]), with_commas(t["non_finite"])});
  }
  return out + table_text(rows);
}

std::string run_text(const Json& run) {
  std::string out =
      text(run["run"].get<std::string>(), ": folder of a training run\n  config: ", joined(run["config"]),
           "\n  tokenizer: ", joined(run["tokenizer"]), "\n");
  if (run.contains("last")) out += text("  last log line: ", joined(run["last"]), "\n");
  for (const Json& file : run["files"]) out += "\n" + file_text(file);
  return out;
}

// What the vectors are like as a table.
Json vectors_json(const Tensor& rows) {
  const int64_t bad = train::statistics(rows).not_finite;
  check(bad == 0, "inspect", "The vectors hold ", bad,
        " numbers that are not finite. Hint: leave out --statistics");
  const train::TableStatistics s = train::table_statistics(rows);
  return {{"rows", rows.size(0)},
          {"dim", rows.size(1)},
          {"zero_rows", s.zero_rows},
          {"norms", s.norms},
          {"norm_rank_correlation", number(train::norm_rank_correlation(rows))},
          {"mean_cosine", number(s.mean_cosine)},
          {"partition_ratio", number(s.partition_ratio)},
          {"hubness", number(train::hubness(rows))}};
}

std::string vectors_text(const Json& found) {
  std::string norms;
  for (const Json& norm : found["norms"]) norms += ' ' + short_number(norm);
  auto line = [&](const char* key, const char* meaning) {
    return text("  ", padded(key, 21), "  ", padded(short_number(found[key]), 9), "  ", meaning, '\n');
  };
  return text("\nvectors: ", with_commas(found["rows"]), " x ", found["dim"].get<int64_t>(), "; norms", norms,
              " (least, quartiles, most)\n") +
         line("zero_rows", "rows of length 0") +
         line("norm_rank_correlation", "Spearman's rho of norm and row; below 0: frequent words are longer") +
         line("mean_cosine", "of two rows; 0: they point everywhere, 1: one way") +
         line("partition_ratio", "isotropy; 1: no direction is preferred") +
         line("hubness", "skewness of being a neighbour; 0: no row is near to many");
}

void draw_words(const WordTable& table, const Options& options) {
  std::vector<int64_t> ids;
  for (size_t at = 0; at <= options.words.size();) {
    const size_t end = std::min(options.words.find(',', at), options.words.size());
    ids.push_back(table.find(options.words.substr(at, end - at)));
    at = end + 1;
  }
  check(ids.size() >= 2 && ids.size() <= 500, "inspect", "--words has ", ids.size(), " (valid: 2 to 500)");
  const train::PrincipalView view = train::principal_view(embedding(table.rows(), tensor(ids)));
  auto label = [&](const char* which, double share) {
    return text(which, " principal component, ", fixed(100 * share, 1), " % of the variance");
  };
  train::Scatter scatter{.title = text(ids.size(), " words of ", options.flags.source),
                         .x_label = label("First", view.shares[0]),
                         .y_label = label("Second", view.shares[1]),
                         .points = {}};
  const double* x = view.coordinates.data<double>();
  for (size_t i = 0; i < ids.size(); ++i)
    scatter.points.push_back({table.shown(ids[i]), x[2 * i], x[2 * i + 1]});
  train::save_svg_scatter(options.scatter, scatter);
}

int inspect(const Options& options) {
  if (options.scatter.empty() != options.words.empty())
    return bad_usage("inspect", "--scatter FILE and --words belong together.");
  const std::string& source = options.flags.source;
  bool folder = train::is_folder(source);
  Json found = folder ? run_json(source) : file_json(source);
  std::string shown = folder ? run_text(found) : file_text(found);
  if (options.statistics || !options.scatter.empty()) {
    const WordTable table(options.flags);
    if (!options.scatter.empty()) draw_words(table, options);
    if (options.statistics) shown += vectors_text(found["vectors"] = vectors_json(table.rows()));
  }
  print(options.flags.json ? data::json_text(found, 1) + '\n' : shown);
  return 0;
}

}  // namespace

void add_inspect(CLI::App& verb, int& exit_code) {
  auto options = std::make_shared<Options>();
  verb.add_option("RUN|FILE", options->flags.source,
                  text("Folder of a training run, or a file (", train::formats().listed(), ')'))
      ->required();
  add_switch(verb, "--statistics", options->statistics,
             "Add how the vectors lie: norms, isotropy, hubness, rows of zeros");
  add_text(verb, "--scatter", options->scatter,
           "SVG file: a picture of --words by their two principal components", "none");
  add_text(verb, "--words", options->words, "Words of --scatter, with commas between", "none");
  add_switch(verb, "--json", options->flags.json, "Print a JSON object");
  verb.callback([options, &exit_code] { exit_code = inspect(*options); });
}

}  // namespace lexigrad::tools
