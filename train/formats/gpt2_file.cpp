#include "lexigrad/train/formats/gpt2_file.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/data/text/encoding.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/train/formats/safetensors.h"

namespace lexigrad::train {
namespace {

constexpr const char* kWhere = "load_gpt2";

// One tensor of the model. Conv1D, which GPT-2 was written with, holds a matrix as
// (in, out): `transposed`.
struct Entry {
  std::string name, path;  // in the file, in the model
  Shape shape;             // in the file
  bool transposed = false;
};

std::vector<Entry> entries(const nn::Gpt2Options& o) {
  int64_t dim = o.dim;
  std::vector<Entry> out{{"wte.weight", "token.weight", {o.vocabulary, dim}},
                         {"wpe.weight", "position.weight", {o.max_length, dim}}};
  for (int64_t n = 0; n < o.layers; ++n) {
    std::string h = text("h.", n, "."), block = text("blocks.", n, ".");
    auto norm = [&](const char* name, const char* path) {
      for (const char* part : {".weight", ".bias"})
        out.push_back({h + name + part, block + path + part, {dim}});
    };
    auto conv1d = [&](const char* name, const char* path, int64_t in, int64_t to) {
      out.push_back({text(h, name, ".weight"), text(block, path, ".weight"), {in, to}, true});
      out.push_back({text(h, name, ".bias"), text(block, path, ".bias"), {to}});
    };
    norm("ln_1", "norm1");
    conv1d("attn.c_attn", "attention.qkv", dim, 3 * dim);
    conv1d("attn.c_proj", "attention.project", dim, dim);
    norm("ln_2", "norm2");
    conv1d("mlp.c_fc", "mlp.expand", dim, 4 * dim);
    conv1d("mlp.c_proj", "mlp.project", 4 * dim, dim);
  }
  out.push_back({"ln_f.weight", "norm.weight", {dim}});
  out.push_back({"ln_f.bias", "norm.bias", {dim}});
  return out;
}

// N and what follows of "h.N.rest"; -1 for other names.
std::pair<int64_t, std::string> layer_of(const std::string& name) {
  int64_t layer = -1;
  if (!name.starts_with("h.")) return {-1, ""};
  const char* end = name.data() + name.size();
  auto [at, error] = std::from_chars(name.data() + 2, end, layer);
  if (error != std::errc() || layer < 0 || at == end || *at != '.') return {-1, ""};
  return {layer, std::string(at + 1, end)};
}

// What the file holds, by names without prefix and without the causal masks that
// old files have.
using Tensors = std::map<std::string, Tensor>;

Tensors tensors_of(const SafetensorsFile& file) {
  Tensors out;
  const std::string prefix = "transformer.";
  for (const auto& [name, tensor] : file.tensors) {
    std::string plain = name.starts_with(prefix) ? name.substr(prefix.size()) : name;
    std::string rest = layer_of(plain).second;
    if (rest == "attn.bias" || rest == "attn.masked_bias") continue;
    if (!out.emplace(plain, tensor).second) out.emplace(name, tensor);
  }
  return out;
}

// The size of a matrix in the file, 0 where there is none.
int64_t matrix_size(const Tensors& tensors, const std::string& name, int64_t dim) {
  auto found = tensors.find(name);
  return found != tensors.end() && found->second.rank() == 2 ? found->second.size(dim) : 0;
}

nn::Gpt2Options sizes(const Tensors& tensors) {
  nn::Gpt2Options out{.vocabulary = matrix_size(tensors, "wte.weight", 0),
                      .max_length = matrix_size(tensors, "wpe.weight", 0),
                      .dim = matrix_size(tensors, "wte.weight", 1),
                      .layers = 1};
  if (out.dim == 0) out.dim = matrix_size(tensors, "wpe.weight", 1);
  if (auto norm = tensors.find("ln_f.weight"); out.dim == 0 && norm != tensors.end())
    out.dim = norm->second.numel();
  for (const auto& [name, tensor] : tensors)
    if (int64_t layer = layer_of(name).first; layer < static_cast<int64_t>(tensors.size()))
      out.layers = std::max(out.layers, layer + 1);
  return out;
}

// [50, 16], where sizes that nothing in the file says read "?".
std::string wanted(const Shape& shape) {
  std::string out;
  for (int64_t size : shape) out += text(out.empty() ? "" : ", ", size > 0 ? text(size) : "?");
  return text("[", out, "]");
}

// All that is wrong with one list of tensors, as one sentence after another.
std::string problems(const std::vector<Entry>& entries, const Tensors& tensors) {
  std::string missing, extra, others;
  std::set<std::string> known;
  auto list = [](std::string& to, const std::string& item) { to += (to.empty() ? "" : ", ") + item; };
  for (const Entry& entry : entries) {
    known.insert(entry.name);
    auto found = tensors.find(entry.name);
    if (found == tensors.end()) {
      list(missing, entry.name);
      continue;
    }
    const Tensor& x = found->second;
    if (x.shape() != entry.shape)
      list(others, text(entry.name, " is ", x.shape(), " and not ", wanted(entry.shape)));
    else if (x.dtype() == int64 || x.dtype() == boolean)
      list(others, text(entry.name, " is ", name(x.dtype())));
  }
  for (const auto& [name, tensor] : tensors) {
    auto table = tensors.find("wte.weight");
    if (name != "lm_head.weight") {
      if (!known.contains(name)) list(extra, name);
    } else if (table != tensors.end() && !equal(tensor, table->second)) {
      list(others, "lm_head.weight differs from wte.weight, which GPT-2's head shares");
    }
  }
  std::string out;
  for (const auto& [what, items] :
       {std::pair<const char*, std::string>{"Missing: ", missing}, {"Not GPT-2's: ", extra}, {"", others}})
    if (!items.empty()) out += text(out.empty() ? "" : ". ", what, items);
  return out;
}

// n_head of a config.json, which may ask for nothing that Gpt2 is not; 0 where it
// is no model's.
int64_t heads_of_config(const std::string& path) {
  std::error_code error;
  if (std::filesystem::status(path, error).type() == std::filesystem::file_type::not_found) return 0;
  auto config = data::parsed_json<nlohmann::json>(data::read_utf8(path));
  if (!config.is_object()) fail_file(kWhere, "This is no JSON object", path);
  if (!config.contains("n_head")) return 0;
  if (!config["n_head"].is_number_unsigned()) fail_file(kWhere, "n_head is no whole number above 0", path);
  auto same = [&](const char* key, const nlohmann::json& value) {
    if (config.contains(key) && config[key] != value)
      fail_file(
          kWhere,
          text("\"", key, "\" is ", data::json_text(config[key]), ", GPT-2's is ", data::json_text(value)),
          path);
  };
  same("activation_function", "gelu_new");
  same("layer_norm_epsilon", 1e-5);
  same("scale_attn_weights", true);
  same("scale_attn_by_inverse_layer_idx", false);
  return config["n_head"].get<int64_t>();
}

int64_t heads_of(const std::string& path, const Metadata& metadata, int64_t dim) {
  auto folder = std::filesystem::path(path).parent_path();
  int64_t heads = heads_of_config((folder / "config.json").string());
  if (auto own = metadata.find("heads"); heads == 0 && own != metadata.end())
    std::from_chars(own->second.data(), own->second.data() + own->second.size(), heads);
  if (heads == 0 && dim % 64 == 0) heads = dim / 64;
  if (heads <= 0 || dim % heads != 0)
    fail_file(kWhere,
              heads <= 0 ? text("Nothing says how many heads the width ", dim,
                                " has. Hint: put the model's config.json beside the file")
                         : text("The width ", dim, " is no multiple of the ", heads, " heads"),
              path);
  return heads;
}

// A model whose start, which is thrown away, leaves the default generator as it was.
nn::Gpt2 make_model(const nn::Gpt2Options& options) {
  std::string before = default_generator().get_state();
  nn::Gpt2 out(options);
  default_generator().set_state(before);
  return out;
}

}  // namespace

nn::Gpt2 load_gpt2(const std::string& path, double dropout) {
  std::string file = path;
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    file = (std::filesystem::path(path) / "model.safetensors").string();
  SafetensorsFile loaded = load_safetensors(file);
  Tensors tensors = tensors_of(loaded);
  nn::Gpt2Options options = sizes(tensors);
  std::vector<Entry> all = entries(options);
  if (std::string wrong = problems(all, tensors); !wrong.empty()) fail_file(kWhere, wrong, file);
  options.heads = heads_of(file, loaded.metadata, options.dim);
  options.dropout = dropout;
  nn::Gpt2 model = make_model(options);
  std::map<std::string, const Entry*> by_path;
  for (const Entry& entry : all) by_path[entry.path] = &entry;
  for (const auto& [path, to] : model.named_parameters()) {
    const Entry& entry = *by_path.at(path);
    Tensor from = tensors.at(entry.name).to(float32);
    to.copy_(entry.transposed ? from.t() : from);
  }
  return model;
}

void save_gpt2(const std::string& path, const nn::Gpt2& model) {
  const nn::Gpt2Options& o = model.options();
  check(o.positions == "learned", "save_gpt2", "The model has the positions \"", o.positions,
        "\", a GPT-2 file only learned ones. Hint: save_module keeps any");
  std::map<std::string, Tensor> state;
  for (const auto& [name, tensor] : model.named_parameters()) state[name] = tensor;
  std::vector<NamedTensor> tensors;
  for (const Entry& entry : entries(o))
    tensors.push_back({entry.name, entry.transposed ? state.at(entry.path).t() : state.at(entry.path)});
  save_safetensors(path, tensors, {{"format", "pt"}, {"heads", text(o.heads)}});
}

}  // namespace lexigrad::train
