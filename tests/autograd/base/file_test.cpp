#include "lexigrad/autograd/base/file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

#include "catch.h"
#include "lexigrad/autograd/base/check.h"
#include "train/formats/folder.h"

using namespace lexigrad;
using Catch::Matchers::Contains;

namespace {

// Files of this process may not grow past `bytes` while this lives: a full disk, as far as write() can tell.
struct FileLimit {
  rlimit before;
  void (*handler)(int);
  explicit FileLimit(rlim_t bytes) : handler(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before);
    rlimit now{bytes, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileLimit() {
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
  }
};

}  // namespace

TEST_CASE("a file is written whole, over an old one and over what a killed writer left") {
  Folder folder;
  std::string path = folder / "a.bin";
  spill(path, "old");
  spill(path + ".tmp", std::string(1000, 'x'));
  std::string big(1 << 20, 'b');
  write_file_atomically(path, [&](FileWriter& out) {
    out.write("head");
    out.write(big);
    REQUIRE(out.size() == 4 + (1 << 20));
    REQUIRE(slurp(path) == "old");
    Xxh64 sum;
    sum.update("head" + big);
    REQUIRE(out.checksum() == sum.hex());
    out.patch(1, "EA");
    out.write("tail");
  });
  REQUIRE(slurp(path) == "hEAd" + big + "tail");
  REQUIRE(folder.files() == 1);
}

TEST_CASE("a writer that throws leaves the old file and nothing else") {
  Folder folder;
  spill(folder / "a", "old");
  REQUIRE_THROWS_WITH(write_file_atomically(folder / "a",
                                            [](FileWriter& out) {
                                              out.write("half");
                                              throw std::runtime_error("mine");
                                            }),
                      "mine");
  REQUIRE(slurp(folder / "a") == "old");
  REQUIRE(folder.files() == 1);
}

TEST_CASE("a disk that fills up while writing leaves the old file and says so") {
  Folder folder;
  std::string path = folder / "weights";
  spill(path, "old");
  for (size_t size : {5000, 500000, 5000000}) {
    try {
      FileLimit limit(4096);
      write_file_atomically(path, std::string(size, 'x'));
      FAIL("nothing was thrown");
    } catch (const FileError& e) {
      REQUIRE(e.path() == path);
      REQUIRE(e.offset() == 4096);
      REQUIRE_THAT(e.what(), Contains("[file] Cannot write on: File too large"));
      REQUIRE_THAT(e.what(), Contains("untouched. Hint: this disk or the shell's `ulimit -f`"));
    }
    REQUIRE(slurp(path) == "old");
    REQUIRE(folder.files() == 1);
  }
}

TEST_CASE("no space on the device is an error when flushed") {
  int full = open("/dev/full", O_WRONLY);
  REQUIRE(full >= 0);
  FileWriter out(full, "some/file");
  out.write("text");
  REQUIRE_THROWS_WITH(out.flush(), Contains("No space left on device") && Contains("Hint: free some space") &&
                                       Contains("(some/file, byte 0)"));
  close(full);
}

TEST_CASE("places that cannot be written are named") {
  Folder folder;
  REQUIRE_THROWS_WITH(write_file_atomically(folder / "no/such/a", "x"),
                      Contains("No such file or directory") && Contains("Hint: make the folder first"));
  spill(folder / "plain", "x");
  REQUIRE_THROWS_WITH(write_file_atomically(folder / "plain/a", "x"), Contains("Not a directory"));
  std::filesystem::create_directory(folder / "d");
  REQUIRE_THROWS_WITH(write_file_atomically(folder / "d", "x"), Contains("that name is a folder"));
  REQUIRE(folder.files() == 2);
  std::filesystem::create_directory(folder / "b.tmp");
  REQUIRE_THROWS_WITH(write_file_atomically(folder / "b", "x"), Contains("with .tmp at its end"));
}

TEST_CASE("two writers of one file: the one that was overtaken fails and removes nothing") {
  Folder folder;
  auto first = [&] {
    write_file_atomically(folder / "a", [&](FileWriter& out) {
      out.write("first");
      std::filesystem::remove(folder / "a.tmp");
      spill(folder / "a.tmp", "second, half written");
    });
  };
  REQUIRE_THROWS_WITH(first(), Contains("Another process wrote this file at the same time"));
  REQUIRE(slurp(folder / "a.tmp") == "second, half written");
  REQUIRE_FALSE(std::filesystem::exists(folder / "a"));
}

TEST_CASE("files that cannot be read are named, with what to do") {
  Folder folder;
  spill(folder / "empty", "");
  mkfifo((folder / "pipe").c_str(), 0600);
  REQUIRE_THROWS_WITH(
      MappedFile(folder / "none"),
      Contains("[file] Cannot read: No such file or directory. Hint: check the path") && Contains("none)"));
  REQUIRE_THROWS_WITH(MappedFile(folder.path), Contains("This is a folder"));
  REQUIRE_THROWS_WITH(MappedFile(folder / "empty"), Contains("The file is empty"));
  REQUIRE_THROWS_WITH(MappedFile(folder / "pipe"), Contains("a pipe or a device"));
  REQUIRE_THROWS_AS(MappedFile(folder / "none"), FileError);
}

TEST_CASE("bytes are read from any place, but not past the end") {
  Folder folder;
  spill(folder / "a", "0123456789");
  InputFile file(folder / "a");
  REQUIRE(file.size() == 10);
  char out[3];
  file.read(7, out, 3);
  REQUIRE(std::string(out, 3) == "789");
  REQUIRE_THROWS_WITH(file.read(8, out, 3), Contains("ends 1 bytes too early") && Contains("byte 10)"));
  REQUIRE(MappedFile(folder / "a").bytes() == "0123456789");
}
