#include "lexigrad/train/tables/touched_log.h"

#include <vector>

#include "catch.h"
#include "train/formats/folder.h"

using namespace lexigrad;

TEST_CASE("a log that ends within a record, or is damaged there, counts up to it") {
  Folder folder;
  std::string path = folder / "log";
  {
    train::TouchedLog log(path, 4);
    for (int32_t i = 0; i < 5; ++i) log.add(100 + i, &i);
    log.flush();
  }
  std::string whole = slurp(path);
  auto rows = [&] {
    std::vector<int64_t> out;
    train::TouchedLog::read(path, 4, [&](int64_t row, const void*) { out.push_back(row); });
    return out;
  };
  CHECK(rows() == std::vector<int64_t>{100, 101, 102, 103, 104});
  spill(path, whole.substr(0, whole.size() - 1));
  CHECK(rows() == std::vector<int64_t>{100, 101, 102, 103});
  std::string damaged = whole;
  damaged[damaged.size() / 2] ^= 1;
  spill(path, damaged);
  CHECK(rows() == std::vector<int64_t>{100, 101});
  std::filesystem::remove(path);
  CHECK(rows().empty());
}
