// lexigrad inspect: what is in a run folder or a file.
#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/train/formats/formats.h"
#include "lexigrad/train/formats/vectors.h"
#include "lexigrad/train/loop/run_log.h"
#include "lexigrad/train/runs/config.h"
#include "lexigrad/train/runs/run_folder.h"
#include "lexigrad/train/tools/console.h"
#include "lexigrad/train/tools/flags.h"
#include "lexigrad/train/vectors/statistics.h"

namespace lexigrad::tools {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
constexpr size_t kShownText = 60;  // bytes of a metadata value in the table

struct Options {
  std::string source;
  bool json = false;
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

void inspect(const Options& options) {
  bool folder = train::is_folder(options.source);
  Json found = folder ? run_json(options.source) : file_json(options.source);
  print(options.json ? data::json_text(found, 1) + '\n' : folder ? run_text(found) : file_text(found));
}

}  // namespace

void add_inspect(CLI::App& verb, int&) {
  auto options = std::make_shared<Options>();
  verb.add_option("RUN|FILE", options->source,
                  text("Folder of a training run, or a file (", train::formats().listed(), ')'))
      ->required();
  add_switch(verb, "--json", options->json, "Print a JSON object");
  verb.callback([options] { inspect(*options); });
}

}  // namespace lexigrad::tools
