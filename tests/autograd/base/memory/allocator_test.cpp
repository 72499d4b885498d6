#include "lexigrad/autograd/base/memory/allocator.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "catch.h"
#include "lexigrad/autograd/base/memory/address_sanitizer.h"
#include "lexigrad/autograd/base/memory/process_memory.h"
#include "lexigrad/autograd/tensor/tensor.h"

using namespace lexigrad;

TEST_CASE("blocks are aligned, distinct and writable, in every class") {
  std::vector<std::pair<char*, size_t>> blocks;
  for (size_t bytes : {1, 63, 64, 65, 1000, 1024, 1025, 4096, 100000, 5 << 20})
    for (int i = 0; i < 3; ++i) blocks.emplace_back(static_cast<char*>(detail::allocate(bytes)), bytes);
  for (size_t i = 0; i < blocks.size(); ++i) {
    REQUIRE(reinterpret_cast<uintptr_t>(blocks[i].first) % 64 == 0);
    std::memset(blocks[i].first, static_cast<int>(i), blocks[i].second);
  }
  for (size_t i = 0; i < blocks.size(); ++i) {
    REQUIRE(blocks[i].first[0] == static_cast<char>(i));
    REQUIRE(blocks[i].first[blocks[i].second - 1] == static_cast<char>(i));
    detail::release_memory(blocks[i].first, blocks[i].second);
  }
}

TEST_CASE("zeroed blocks are zero, reused ones too") {
  for (size_t bytes : {100, 5000, 8 << 20}) {
    for (int round = 0; round < 2; ++round) {
      char* block = static_cast<char*>(detail::allocate_zeroed(bytes));
      REQUIRE(std::all_of(block, block + bytes, [](char c) { return c == 0; }));
      std::memset(block, 1, bytes);
      detail::release_memory(block, bytes);
    }
  }
}

TEST_CASE("bytes in use and their peak are counted") {
  int64_t before = memory_stats().live_bytes;
  reset_peak_memory();
  {
    Tensor x = empty({1 << 20});
    REQUIRE(memory_stats().live_bytes - before >= 4 << 20);
    Tensor y = empty({1 << 20});
  }
  REQUIRE(memory_stats().live_bytes == before);
  REQUIRE(memory_stats().peak_bytes - before >= 8 << 20);
  REQUIRE(memory_stats().peak_bytes - before < 9 << 20);
  release_cached_memory();
  REQUIRE(memory_stats().cached_bytes == 0);
}

TEST_CASE("zeros that are never written cost no memory") {
  int64_t before = process_memory().resident;
  Tensor moments;
  for (int round = 0; round < 2; ++round) {  // the second finds the first one's block given back
    moments = Tensor();
    moments = zeros({100000000});  // 400 MB
    moments[12345].fill_(1);
  }
  if (!LEXIGRAD_ADDRESS_SANITIZER) REQUIRE(process_memory().resident - before < 16 << 20);
  REQUIRE(moments[12346].item<float>() == 0);
}

#if !LEXIGRAD_ADDRESS_SANITIZER  // which keeps what is released for a while
TEST_CASE("blocks given back serve larger and smaller ones") {
  release_cached_memory();
  int64_t before = process_memory().resident;
  for (size_t bytes : {1 << 20, 96 << 20, 3 << 20, 48 << 20, 300 << 10, 24 << 20}) {
    std::vector<char*> blocks((96 << 20) / bytes);
    for (char*& block : blocks) {
      block = static_cast<char*>(detail::allocate(bytes));
      std::memset(block, 1, bytes);
    }
    for (char* block : blocks) detail::release_memory(block, bytes);
  }
  REQUIRE(process_memory().resident - before < 112 << 20);  // by sizes: 6 * 96 MiB
  release_cached_memory();
  REQUIRE(process_memory().resident - before < 4 << 20);
}

TEST_CASE("what is left of a mapping is given back, however small") {
  for (size_t left : {size_t{64} << 10, size_t{128} << 10, size_t{192} << 10}) {
    size_t bytes = (size_t{128} << 20) - left;
    release_cached_memory();
    void* block = detail::allocate(bytes);
    release_cached_memory();
    detail::release_memory(block, bytes);
    REQUIRE(memory_stats().cached_bytes >= static_cast<int64_t>(bytes));
  }
}

TEST_CASE("blocks that one thread takes and another gives back do not pile up") {
  int64_t before = process_memory().resident;
  for (int round = 0; round < 200; ++round) {
    std::vector<void*> blocks(5000);
    std::thread taker([&] {
      for (void*& block : blocks) block = detail::allocate(512);
    });
    taker.join();
    for (void* block : blocks) detail::release_memory(block, 512);
  }
  REQUIRE(process_memory().resident - before < 64 << 20);  // without spilling: 200 * 5000 * 512 = 512 MB
}
#endif
