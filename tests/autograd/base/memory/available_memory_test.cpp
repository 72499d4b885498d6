#include "lexigrad/autograd/base/memory/available_memory.h"
#include "lexigrad/autograd/base/memory/address_sanitizer.h"

#include <sys/resource.h>

#include <limits>

#include "catch.h"
#include "train/formats/folder.h"

using namespace lexigrad;

namespace {

// A tree of /proc and /sys with limits of control groups.
struct Tree {
  Folder folder;
  void put(const std::string& path, const std::string& bytes) const {
    std::filesystem::path file = folder / path;
    std::filesystem::create_directories(file.parent_path());
    spill(file.string(), bytes);
  }
  int64_t room() const { return lexigrad::detail::cgroup_room(folder.path); }
};

constexpr int64_t kNoLimit = std::numeric_limits<int64_t>::max();

}  // namespace

TEST_CASE("the least limit of a control group and of those above it counts, in both versions") {
  Tree none, two, one, container;
  CHECK(none.room() == kNoLimit);
  two.put("proc/self/cgroup", "0::/a/b\n");
  two.put("sys/fs/cgroup/a/b/memory.max", "max\n");
  CHECK(two.room() == kNoLimit);
  two.put("sys/fs/cgroup/a/memory.max", "1000\n");
  two.put("sys/fs/cgroup/a/memory.current", "300\n");
  CHECK(two.room() == 700);
  two.put("sys/fs/cgroup/a/b/memory.max", "900\n");
  two.put("sys/fs/cgroup/a/b/memory.current", "250\n");
  CHECK(two.room() == 650);
  two.put("sys/fs/cgroup/a/b/memory.current", "1250\n");
  CHECK(two.room() == 0);

  one.put("proc/self/cgroup", "9:cpu,cpuacct:/x\n4:memory:/p/q\n");
  one.put("sys/fs/cgroup/memory/p/q/memory.limit_in_bytes", "5000\n");
  one.put("sys/fs/cgroup/memory/p/q/memory.usage_in_bytes", "1000\n");
  one.put("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  one.put("sys/fs/cgroup/memory/memory.usage_in_bytes", "1000\n");
  CHECK(one.room() == 4000);

  container.put("proc/self/cgroup", "4:memory:/docker/0123\n0::/docker/0123\n");
  container.put("sys/fs/cgroup/memory/memory.limit_in_bytes", "2000\n");
  container.put("sys/fs/cgroup/memory/memory.usage_in_bytes", "500\n");
  CHECK(container.room() == 1500);
  container.put("sys/fs/cgroup/memory.max", "800\n");
  CHECK(container.room() == 800);
}

#if !LEXIGRAD_ADDRESS_SANITIZER  // which takes terabytes of it
TEST_CASE("a limit of the address space counts") {
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_AS, &before) == 0);
  if (before.rlim_cur == RLIM_INFINITY) CHECK(available_address_space() == kNoLimit);
  rlimit low = before;
  low.rlim_cur = rlim_t{1} << 40;
  REQUIRE(::setrlimit(RLIMIT_AS, &low) == 0);
  int64_t room = available_address_space();
  ::setrlimit(RLIMIT_AS, &before);
  CHECK(room < int64_t{1} << 40);
  CHECK(room > int64_t{1} << 38);
  CHECK(available_memory() > 0);
}
#endif
