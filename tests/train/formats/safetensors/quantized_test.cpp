// Quantized vectors beside formulas: half a step of int8, the nearest of the centroids, the best mean square of 256 levels.
#include "lexigrad/train/formats/safetensors/quantized.h"

#include <cmath>
#include <limits>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/parallel.h"
#include "lexigrad/autograd/tensor/random.h"
#include "lexigrad/train/formats/vectors.h"
#include "support/throws.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using namespace lexigrad::train;
using Catch::Matchers::Contains;

namespace {

WordVectors vectors_of(const Tensor& rows) {
  WordVectors out{{}, rows};
  for (int64_t i = 0; i < rows.size(0); ++i) out.words.push_back(text("w", i));
  return out;
}

std::vector<double> values(const Tensor& x) { return x.to(float64).to_vector<double>(); }

}  // namespace

TEST_CASE("int8 is within half a step of each row and reads back as codes times scales", "[quantized]") {
  Folder folder;
  manual_seed(1);
  Tensor rows = randn({700, 5});
  for (int64_t k = 0; k < 5; ++k) rows.data<float>()[k] = 0;
  const QuantizeLoss loss = save_quantized(folder / "q.safetensors", vectors_of(rows));
  WordVectors read = load_vectors(folder / "q.safetensors");
  CHECK(read.words == vectors_of(rows).words);
  const auto x = values(rows), y = values(read.rows);
  SafetensorsFile file = load_safetensors(folder / "q.safetensors");
  const auto codes = values(*file.find("codes")), scales = values(*file.find("scales"));
  CHECK(file.stored.at("codes").dtype == "I8");
  CHECK(file.metadata.at("quantized") == "int8");
  double sum = 0, worst = 0;
  for (size_t i = 0; i < 700; ++i) {
    double most = 0, xy = 0, xx = 0, yy = 0;
    for (size_t k = 5 * i; k < 5 * i + 5; ++k) most = std::max(most, std::abs(x[k]));
    REQUIRE(std::abs(scales[i] - most / 127) <= 1e-7 * most);
    for (size_t k = 5 * i; k < 5 * i + 5; ++k) {
      REQUIRE(std::abs(codes[k]) <= 127);
      REQUIRE(std::abs(y[k] - codes[k] * scales[i]) <= 1e-7 * most);
      REQUIRE(std::abs(y[k] - x[k]) <= most / 127 / 2 * (1 + 1e-5));
      xy += x[k] * y[k], xx += x[k] * x[k], yy += y[k] * y[k];
    }
    const double off = xx == 0 ? 0 : 1 - xy / std::sqrt(xx * yy);
    sum += off, worst = std::max(worst, off);
  }
  CHECK(std::abs(loss.mean - sum / 700) < 1e-15);
  CHECK(loss.largest == worst);
  CHECK(loss.mean < 1e-4);
}

TEST_CASE("product quantization gives each part its nearest centroid", "[quantized]") {
  Folder folder;
  manual_seed(2);
  Tensor rows = randn({1500, 6});
  save_quantized(folder / "q.safetensors", vectors_of(rows), {.method = "pq", .parts = 3});
  SafetensorsFile file = load_safetensors(folder / "q.safetensors");
  const Tensor centroids = *file.find("centroids");
  REQUIRE(centroids.shape() == Shape({3, 256, 2}));
  CHECK(file.stored.at("codes").dtype == "U8");
  const auto c = values(centroids), x = values(rows), y = values(load_vectors(folder / "q.safetensors").rows);
  auto distance = [&](size_t part, size_t centroid) {
    const double *a = &x[2 * part], *b = &c[2 * (part % 3 * 256 + centroid)];
    return std::pow(a[0] - b[0], 2) + std::pow(a[1] - b[1], 2);
  };
  for (size_t part = 0; part < 4500; ++part) {
    double best = 1e9;
    for (size_t i = 0; i < 256; ++i) best = std::min(best, distance(part, i));
    const double own =
        std::pow(x[2 * part] - y[2 * part], 2) + std::pow(x[2 * part + 1] - y[2 * part + 1], 2);
    REQUIRE(own <= best + 1e-5);
  }
}

TEST_CASE("256 rows or fewer are their own centroids and more come near the best 256 levels", "[quantized]") {
  Folder folder;
  manual_seed(3);
  Tensor few = randn({256, 8});
  save_quantized(folder / "few.safetensors", vectors_of(few), {.method = "pq"});
  CHECK(equal(load_vectors(folder / "few.safetensors").rows, few));
  CHECK(load_safetensors(folder / "few.safetensors").find("centroids")->shape() == Shape({2, 256, 4}));
  Tensor many = rand({20000, 1});
  save_quantized(folder / "many.safetensors", vectors_of(many), {.method = "pq"});
  const auto x = values(many), y = values(load_vectors(folder / "many.safetensors").rows);
  double square = 0;
  for (size_t i = 0; i < x.size(); ++i) square += std::pow(x[i] - y[i], 2) / 20000;
  const double best = 1 / (12.0 * 256 * 256);  // levels of one distance
  CHECK(square > 0.9 * best);
  CHECK(square < 1.6 * best);
}

TEST_CASE("quantized files have the same bytes for any threads and others for another seed", "[quantized]") {
  Folder folder;
  manual_seed(4);
  const WordVectors vectors = vectors_of(randn({900, 12}));
  for (const std::string method : {"int8", "pq"}) {
    for (int threads : {1, 2, 5}) {
      set_num_threads(threads);
      save_quantized(folder / text(threads, ".safetensors"), vectors, {.method = method});
    }
    set_num_threads(1);
    CHECK(slurp(folder / "1.safetensors") == slurp(folder / "2.safetensors"));
    CHECK(slurp(folder / "1.safetensors") == slurp(folder / "5.safetensors"));
    save_quantized(folder / "seed.safetensors", vectors, {.method = method, .parts = 0, .seed = 7});
    CHECK((slurp(folder / "1.safetensors") == slurp(folder / "seed.safetensors")) == (method == "int8"));
  }
}

TEST_CASE("what cannot be quantized and tensors that do not fit are refused", "[quantized]") {
  Folder folder;
  const std::string path = folder / "q.safetensors";
  WordVectors vectors = vectors_of(ones({3, 10}));
  auto refused = [&](const QuantizeOptions& options) {
    return message_of<std::invalid_argument>([&] { save_quantized(path, vectors, options); });
  };
  CHECK(refused({.method = "pq", .parts = 3}) ==
        "[quantize] Rows of 10 numbers are no 3 parts of one size. Hint: give a divisor of 10");
  CHECK(refused({.method = "int4"}) == "[quantize] The method is \"int4\" (valid: int8, pq)");
  vectors.rows.data<float>()[25] = std::numeric_limits<float>::quiet_NaN();
  CHECK(refused({}) ==
        "[quantize] The vector of \"w2\", row 2, has a value that is not finite. Hint: leave the word out");
  CHECK(folder.files() == 0);
  const SafetensorsBytes codes{"codes", "U8", {3, 2}, std::string("\0\1\0\1\0\2", 6)};
  const Metadata words{{"words", "a\nb\nc\n"}};
  auto error = [&](const std::vector<NamedTensor>& tensors) {
    save_safetensors(path, tensors, words, {codes});
    return message_of<FileError>([&] { load_vectors(path); });
  };
  const std::string fit =
      "[quantize] The tensors of quantized vectors do not fit together: codes I8 (V, D) and scales F32 (V)";
  CHECK_THAT(error({{"centroids", zeros({2, 2, 3})}}), Contains(fit));  // a code of 2
  CHECK_THAT(error({{"centroids", zeros({3, 3, 3})}}), Contains(fit));
  CHECK_THAT(error({{"centroids", zeros({2, 3})}}), Contains(fit));
  CHECK_THAT(error({{"centroids", zeros({2, 3, 3}, float64)}}), Contains(fit));
  CHECK_THAT(error({{"scales", zeros({3})}}), Contains(fit));  // whose codes are I8
  CHECK_THAT(error({}), Contains(fit));
  save_safetensors(path, {{"centroids", zeros({2, 3, 3})}}, words, {codes});
  CHECK(equal(load_vectors(path).rows, zeros({3, 6})));
}
