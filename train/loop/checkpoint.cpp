#include "lexigrad/train/loop/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"
#include "lexigrad/autograd/kernels/gemm.h"
#include "lexigrad/autograd/kernels/instruction_set.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/train/formats/safetensors.h"

namespace lexigrad::train {
namespace fs = std::filesystem;
namespace {

constexpr const char* kVersion = "1";
const std::string kAverage = "average.";
// How the state names the order of samples; a file without is of before there was a choice.
constexpr const char* kPermutation = "permutation";

std::string path_in(const std::string& folder, const std::string& name) {
  return (fs::path(folder) / name).string();
}

// Where the folder cannot be looked into, the reader says so.
bool exists(const std::string& path) {
  std::error_code error;
  return fs::status(path, error).type() != fs::file_type::not_found;
}

// The generator's state, whose size is a multiple of 8, as int64 numbers.
Tensor bytes_as_tensor(const std::string& bytes) {
  Tensor out = zeros({static_cast<int64_t>(bytes.size() / 8)}, int64);
  std::memcpy(out.data<int64_t>(), bytes.data(), bytes.size() / 8 * 8);
  return out;
}
std::string tensor_as_bytes(const Tensor& numbers) {
  return {reinterpret_cast<const char*>(numbers.data<int64_t>()), static_cast<size_t>(numbers.numel()) * 8};
}

// The checkpoint, where there is one, gets another name, too: a link, so that at every moment one
// complete file is there.
void also_call(const std::string& folder, const std::string& name) {
  std::string current = path_in(folder, kCheckpointFile), other = path_in(folder, name);
  if (!exists(current)) return;
  std::error_code error;
  fs::remove(other, error);
  fs::create_hard_link(current, other, error);
  if (error)
    fs::copy_file(current, other, fs::copy_options::overwrite_existing,
                  error);  // no links on this file system
}

const std::string kKeptBegin = "checkpoint.step", kKeptEnd = ".safetensors";

// The step in the name of a kept checkpoint; -1 of another file.
int64_t kept_step(const std::string& name) {
  if (!name.starts_with(kKeptBegin) || !name.ends_with(kKeptEnd)) return -1;
  const char *begin = name.data() + kKeptBegin.size(), *end = name.data() + name.size() - kKeptEnd.size();
  int64_t step = -1;
  auto [last, error] = std::from_chars(begin, end, step);
  return last == end && error == std::errc() ? step : -1;
}

// The state of a run, a JSON object in a file's metadata.
class State {
 public:
  State(const Metadata& metadata, const std::string& path)
      : metadata_(metadata), path_(path), json_(data::parsed_json<nlohmann::json>(this->metadata("state"))) {
    if (!json_.is_object()) refuse("it is no JSON object");
  }
  const std::string& metadata(const std::string& key) const {
    auto found = metadata_.find(key);
    if (found == metadata_.end()) refuse(text("\"", key, "\" is missing"));
    return found->second;
  }
  bool has(const char* key) const { return json_.contains(key); }
  template <class T>
  T get(const char* key) const {
    if (!has(key)) refuse(text("\"", key, "\" is missing"));
    try {
      return json_.at(key).get<T>();
    } catch (const nlohmann::json::exception&) {
      refuse(text("\"", key, "\" is ", json_.at(key).type_name()));
    }
  }
  /// A whole number that a run can reach.
  int64_t count(const char* key) const {
    constexpr uint64_t most = uint64_t{1} << 53;
    auto value = get<double>(key);
    if (!json_.at(key).is_number_unsigned() || json_.at(key).get<uint64_t>() > most)
      refuse(text("\"", key, "\" is ", value, ", which is no whole number from 0 to ", most));
    return json_.at(key).get<int64_t>();
  }

 private:
  [[noreturn]] void refuse(const std::string& what) const {
    fail_file("checkpoint",
              text("The state cannot be read: ", what, ". Hint: the file was altered; copy it anew"), path_);
  }

  const Metadata& metadata_;
  const std::string& path_;
  nlohmann::json json_;
};

Checkpoint parse(const SafetensorsFile& file, const std::string& path) {
  auto found = file.metadata.find("lexigrad_checkpoint");
  if (found == file.metadata.end())
    fail_file("checkpoint", "This safetensors file is not a checkpoint", path);
  if (found->second != kVersion)
    fail_file("checkpoint",
              text("Version ", found->second, " of the format is not known to this program (it reads ",
                   kVersion, ")"),
              path);
  State state(file.metadata, path);
  return {
      .position = {state.count("step"), state.count("epoch"), state.count("batch"), state.count("tokens")},
      .since_log = {state.get<double>("loss_sum"), state.get<double>("loss_count")},
      .config = state.metadata("config"),
      .text_sum = state.get<std::string>("text"),
      .machine = state.get<std::string>("machine"),
      .order = state.has("order") && state.get<std::string>("order") == kPermutation
                   ? data::ShuffleOrder::permutation
                   : data::ShuffleOrder::fisher_yates,
      .callbacks = state.has("callbacks") ? state.get<CallbackState>("callbacks") : CallbackState()};
}

struct Loaded {
  SafetensorsFile file;
  Checkpoint checkpoint;
};

Loaded read_path(const std::string& path) {
  SafetensorsFile file = load_safetensors(path);
  Checkpoint checkpoint = parse(file, path);
  return {std::move(file), std::move(checkpoint)};
}

Loaded read(const std::string& folder) {
  std::string path = path_in(folder, kCheckpointFile), previous = path_in(folder, kPreviousFile);
  try {
    return read_path(path);
  } catch (const FileError& e) {
    if (!exists(previous)) throw;
    fail_again(e, text(". Hint: the checkpoint before it is ", previous, "; rename it to ", kCheckpointFile,
                       " and resume"));
  }
}

// The tensors whose names begin with `prefix`, without it.
std::vector<std::pair<std::string, Tensor>> tensors_under(const std::string& prefix,
                                                          const SafetensorsFile& file) {
  std::vector<std::pair<std::string, Tensor>> out;
  for (const auto& [name, tensor] : file.tensors)
    if (name.starts_with(prefix)) out.emplace_back(name.substr(prefix.size()), tensor);
  return out;
}

template <class Body>
void restoring(const std::string& path, const Body& body) {
  try {
    body();
  } catch (const std::invalid_argument& e) {
    fail_file("checkpoint", text("Its contents do not fit this run: ", e.what()), path);
  }
}

Checkpoint restore(const Loaded& loaded, const std::string& path, nn::Module& model,
                   optim::Optimizer& optimizer, const std::function<void(const Checkpoint&)>& accept,
                   optim::WeightAverage* average) {
  const auto& [file, checkpoint] = loaded;
  if (accept) accept(checkpoint);
  restoring(path, [&, &file = file] {
    model.load_state(tensors_under("model.", file));
    optimizer.load_state(tensors_under("optimizer.", file));
    if (average) average->load_state(tensors_under(kAverage, file));
    const Tensor* generator = file.find("generator");
    check(generator != nullptr, "checkpoint", "The random generator's state is missing");
    default_generator().set_state(tensor_as_bytes(*generator));
  });
  return checkpoint;
}

}  // namespace

std::string machine_name() { return text(kernels::target_name(), ", OpenBLAS ", kernels::blas_core()); }

void save_checkpoint(const std::string& folder, const Checkpoint& checkpoint, const nn::Module& model,
                     const optim::Optimizer& optimizer, const optim::WeightAverage* average) {
  optim::CaughtUp caught_up(optimizer);
  nlohmann::ordered_json state = {
      {"step", checkpoint.position.step},     {"epoch", checkpoint.position.epoch},
      {"batch", checkpoint.position.batch},   {"tokens", checkpoint.position.tokens},
      {"loss_sum", checkpoint.since_log.sum}, {"loss_count", checkpoint.since_log.weight},
      {"text", checkpoint.text_sum},          {"machine", checkpoint.machine}};
  if (checkpoint.order == data::ShuffleOrder::permutation) state["order"] = kPermutation;
  if (!checkpoint.callbacks.empty()) state["callbacks"] = checkpoint.callbacks;
  std::vector<NamedTensor> tensors;
  for (const auto& [name, tensor] : model.state()) tensors.push_back({"model." + name, tensor});
  for (const auto& [name, tensor] : optimizer.state()) tensors.push_back({"optimizer." + name, tensor});
  if (average)
    for (const auto& [name, tensor] : average->state()) tensors.push_back({kAverage + name, tensor});
  tensors.push_back({"generator", bytes_as_tensor(default_generator().get_state())});
  also_call(folder, kPreviousFile);
  save_safetensors(
      path_in(folder, kCheckpointFile), tensors,
      {{"lexigrad_checkpoint", kVersion}, {"state", data::json_text(state)}, {"config", checkpoint.config}});
}

void keep_checkpoint(const std::string& folder, int64_t step, int64_t count) {
  also_call(folder, text(kKeptBegin, step, kKeptEnd));
  std::error_code error;
  std::set<int64_t> steps;
  for (const std::string& name : names_in(folder, error))
    if (int64_t kept = kept_step(name); kept >= 0 && kept <= step) steps.insert(kept);
  for (; static_cast<int64_t>(steps.size()) > count; steps.erase(steps.begin()))
    fs::remove(path_in(folder, text(kKeptBegin, *steps.begin(), kKeptEnd)), error);
}

bool has_checkpoint(const std::string& folder) {
  return exists(path_in(folder, kCheckpointFile)) || exists(path_in(folder, kPreviousFile));
}

Checkpoint read_checkpoint(const std::string& folder) { return read(folder).checkpoint; }

Checkpoint load_checkpoint(const std::string& folder, nn::Module& model, optim::Optimizer& optimizer,
                           const std::function<void(const Checkpoint&)>& accept,
                           optim::WeightAverage* average) {
  return restore(read(folder), path_in(folder, kCheckpointFile), model, optimizer, accept, average);
}

std::vector<KeptCheckpoint> kept_checkpoints(const std::string& folder) {
  std::vector<KeptCheckpoint> out;
  std::error_code error;
  for (const std::string& name : names_in(folder, error)) {
    if (!name.starts_with("checkpoint") || !name.ends_with(".safetensors")) continue;
    try {
      std::string path = path_in(folder, name);
      out.push_back({path, read_path(path).checkpoint});
    } catch (const FileError&) {  // damaged: one before it will do
    }
  }
  std::sort(out.begin(), out.end(), [](const KeptCheckpoint& a, const KeptCheckpoint& b) {
    return a.checkpoint.position.step > b.checkpoint.position.step;
  });
  return out;
}

Checkpoint load_checkpoint_file(const std::string& path, nn::Module& model, optim::Optimizer& optimizer,
                                const std::function<void(const Checkpoint&)>& accept,
                                optim::WeightAverage* average) {
  return restore(read_path(path), path, model, optimizer, accept, average);
}

bool resume_from(const std::string& folder, nn::Module& model, optim::Optimizer& optimizer, Trainer& trainer,
                 const std::vector<Callback*>& callbacks) {
  if (!has_checkpoint(folder)) return false;
  Checkpoint found = load_checkpoint(folder, model, optimizer);
  trainer.restore(found.position, found.since_log);
  for (Callback* each : callbacks) each->load_state(found.callbacks);
  return true;
}

Checkpoint load_checkpoint(const std::string& folder, nn::Module& model) {
  auto [file, checkpoint] = read(folder);
  restoring(path_in(folder, kCheckpointFile), [&, &file = file] {
    model.load_state(tensors_under("model.", file));
    auto averages = tensors_under(kAverage, file);
    if (averages.empty()) return;
    optim::WeightAverage average = optim::WeightAverage::mean(model.parameters());
    average.load_state(averages);
    average.swap();
  });
  return checkpoint;
}

}  // namespace lexigrad::train
