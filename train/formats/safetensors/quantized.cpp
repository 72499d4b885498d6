#include "lexigrad/train/formats/safetensors/quantized.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/tape/tape.h"
#include "lexigrad/data/text/escape.h"
#include "lexigrad/train/formats/safetensors/product_quantizer.h"
#include "lexigrad/train/formats/text_lines.h"
#include "lexigrad/train/formats/vectors.h"

namespace lexigrad::train {
namespace {

constexpr const char *kWhere = "quantize", *kScales = "scales", *kCentroids = "centroids",
                     *kMethod = "quantized";
constexpr int64_t kRows = 256;  // of a block of work

std::string_view bytes_of(const std::vector<signed char>& codes) {
  return {reinterpret_cast<const char*>(codes.data()), codes.size()};
}

void save_int8(const std::string& path, const Tensor& rows, const Metadata& metadata) {
  const int64_t count = rows.size(0), dim = rows.size(1);
  Tensor scales = empty({count});
  std::vector<signed char> codes(static_cast<size_t>(count * dim));
  parallel_ranges(count, kRows, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      const float* row = rows.data<float>() + i * dim;
      float most = 0;
      for (int64_t k = 0; k < dim; ++k) most = std::max(most, std::abs(row[k]));
      const float scale = most / 127;
      scales.data<float>()[i] = scale;
      for (int64_t k = 0; k < dim && scale > 0; ++k)
        codes[static_cast<size_t>(i * dim + k)] =
            static_cast<signed char>(std::clamp(std::nearbyint(row[k] / scale), -127.0f, 127.0f));
    }
  });
  save_safetensors(path, {{kScales, scales}}, metadata,
                   {{kCodes, "I8", {count, dim}, std::string(bytes_of(codes))}});
}

void save_pq(const std::string& path, const Tensor& rows, const Metadata& metadata,
             const QuantizeOptions& options) {
  const int64_t dim = rows.size(1);
  int64_t parts = options.parts;
  for (parts = parts == 0 ? std::max<int64_t>(dim / 4, 1) : parts; options.parts == 0 && dim % parts != 0;)
    --parts;
  check(parts >= 1 && dim % parts == 0, kWhere, "Rows of ", dim, " numbers are no ", parts,
        " parts of one size. Hint: give a divisor of ", dim);
  ProductCodes made = product_codes(rows, parts, options.seed);
  Tensor centroids = from_values<float>(made.centroids, {parts, made.count, made.width});
  save_safetensors(path, {{kCentroids, centroids}}, metadata,
                   {{kCodes, "U8", {rows.size(0), parts}, std::move(made.codes)}});
}

[[noreturn]] void fail_fit(const std::string& path) {
  fail_file(
      kWhere,
      "The tensors of quantized vectors do not fit together: codes I8 (V, D) and scales F32 (V), or codes U8 (V, M) "
      "and centroids F32 (M, K, D/M). Hint: the file was altered; convert the vectors anew",
      path);
}

Tensor scaled(const SafetensorsBytes& codes, const Tensor& scales) {
  const int64_t count = codes.shape[0], dim = codes.shape[1];
  Tensor out = empty({count, dim});
  parallel_ranges(count, kRows, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * dim; i < end * dim; ++i)
      out.data<float>()[i] =
          static_cast<float>(static_cast<signed char>(codes.bytes[static_cast<size_t>(i)])) *
          scales.data<float>()[i / dim];
  });
  return out;
}

Tensor composed(const SafetensorsBytes& codes, const Tensor& centroids, const std::string& path) {
  const int64_t count = codes.shape[0], parts = codes.shape[1], each = centroids.size(1),
                width = centroids.size(2);
  Tensor out = empty({count, parts * width});
  parallel_ranges(count, kRows, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin * parts; i < end * parts; ++i) {
      const int64_t code = static_cast<unsigned char>(codes.bytes[static_cast<size_t>(i)]);
      if (code >= each) fail_fit(path);
      std::copy_n(centroids.data<float>() + (i % parts * each + code) * width, width,
                  out.data<float>() + i * width);
    }
  });
  return out;
}

double cosine_loss(const float* a, const float* b, int64_t dim) {
  double ab = 0, aa = 0, bb = 0;
  for (int64_t k = 0; k < dim; ++k) {
    ab += double{a[k]} * b[k];
    aa += double{a[k]} * a[k];
    bb += double{b[k]} * b[k];
  }
  return aa == 0 ? 0 : bb == 0 ? 1 : 1 - ab / std::sqrt(aa * bb);
}

QuantizeLoss loss_of(const Tensor& rows, const Tensor& read) {
  const int64_t count = rows.size(0), dim = rows.size(1);
  std::vector<double> each(static_cast<size_t>(count));
  parallel_ranges(count, kRows, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      each[static_cast<size_t>(i)] =
          cosine_loss(rows.data<float>() + i * dim, read.data<float>() + i * dim, dim);
  });
  QuantizeLoss out;
  for (double loss : each) out.mean += loss / static_cast<double>(count);
  out.row = std::max_element(each.begin(), each.end()) - each.begin();
  out.largest = each[static_cast<size_t>(out.row)];
  return out;
}

void check_finite(const Tensor& rows, const std::vector<std::string>& words) {
  const auto* begin = rows.data<float>();
  const auto* odd = std::find_if_not(begin, begin + rows.numel(), [](float x) { return std::isfinite(x); });
  const auto row = static_cast<size_t>((odd - begin) / rows.size(1));
  check(odd == begin + rows.numel(), kWhere, "The vector of \"",
        row < words.size() ? data::shown(words[row]) : "", "\", row ", row,
        ", has a value that is not finite. Hint: leave the word out");
}

}  // namespace

QuantizeLoss save_quantized(const std::string& path, const WordVectors& vectors,
                            const QuantizeOptions& options) {
  NoGrad off;
  const Tensor rows = checked_rows(vectors);
  check_finite(rows, vectors.words);
  const Metadata metadata{{kMethod, options.method}, {"words", word_lines(vectors.words)}};
  check(options.method == "int8" || options.method == "pq", kWhere, "The method is \"",
        data::shown(options.method), "\" (valid: int8, pq)");
  options.method == "pq" ? save_pq(path, rows, metadata, options) : save_int8(path, rows, metadata);
  return loss_of(rows, load_vectors(path).rows);
}

Tensor quantized_rows(const SafetensorsFile& file, const std::string& path) {
  if (file.bytes.empty()) return {};
  const SafetensorsBytes& codes = file.bytes[0];
  const Tensor *scales = file.find(kScales), *centroids = file.find(kCentroids);
  if (codes.shape.rank() != 2 || (scales != nullptr) == (centroids != nullptr)) fail_fit(path);
  const Tensor& other = scales ? *scales : *centroids;
  if (other.dtype() != float32 || other.rank() != (scales ? 1 : 3) ||
      other.size(0) != codes.shape[scales ? 0 : 1] || codes.dtype != (scales ? "I8" : "U8"))
    fail_fit(path);
  return scales ? scaled(codes, other) : composed(codes, other, path);
}

}  // namespace lexigrad::train
