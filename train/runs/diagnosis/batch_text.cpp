#include "lexigrad/train/runs/diagnosis/batch_text.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/data/text/json_text.h"
#include "lexigrad/data/text/text.h"
#include "lexigrad/train/runs/parts.h"

namespace lexigrad::train {
namespace {

constexpr size_t kLongest = 160;              // bytes of a sample's text
constexpr size_t kSamples = 8, kBatches = 2;  // in a message

// At most `most` bytes of a text, whole characters.
std::string cut(const std::string& whole, size_t most) {
  const char *begin = whole.data(), *p = begin, *end = begin + whole.size();
  while (p < end) {
    int64_t length = data::decode_utf8(p, end).length;
    if (static_cast<size_t>(p - begin + length) > most) break;
    p += length;
  }
  return data::escape(std::string(begin, p)) + (p < end ? "..." : "");
}

BatchText text_of(const RunParts& run, const BatchPlace& place) {
  const Objective& from = *run.objective;
  BatchText out{.place = place,
                .sample_name = from.sample_name(),
                .samples = from.sampler().epoch(place.epoch)[place.batch],
                .texts = {}};
  for (int64_t sample : out.samples)
    out.texts.push_back(cut(run.text.tokenizer->decode(from.tokens_of(sample)), kLongest));
  return out;
}

}  // namespace

std::vector<BatchText> batch_texts(const RunParts& run, const std::vector<BatchPlace>& places) {
  std::vector<BatchText> out;
  for (const BatchPlace& place : places) out.push_back(text_of(run, place));
  return out;
}

std::string shown(const std::vector<BatchText>& batches) {
  std::string out;
  for (const BatchText& each : std::span(batches).first(std::min(batches.size(), kBatches))) {
    out += text(out.empty() ? "" : "; ", "batch ", each.place.batch, " of epoch ", each.place.epoch, ", ",
                each.sample_name, each.samples.size() == 1 ? " " : "s ");
    size_t listed = std::min(each.samples.size(), kSamples);
    for (size_t i = 0; i < listed; ++i) out += text(i == 0 ? "" : ", ", each.samples[i]);
    if (listed < each.samples.size()) out += text(", ... (", each.samples.size(), " in all)");
    if (!each.texts.empty()) out += text(", the first \"", each.texts.front(), '"');
  }
  if (batches.size() > kBatches) out += text("; and ", batches.size() - kBatches, " more");
  return out;
}

std::string batches_json(const std::vector<BatchText>& batches) {
  auto list = nlohmann::ordered_json::array();
  for (const BatchText& each : batches)
    list.push_back({{"epoch", each.place.epoch},
                    {"batch", each.place.batch},
                    {each.sample_name + "s", each.samples},
                    {"texts", each.texts}});
  return data::json_text(list);
}

}  // namespace lexigrad::train
