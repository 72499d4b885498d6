#include "lexigrad/autograd/base/file.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <thread>

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
  spill(temporary_path(path), std::string(1000, 'x'));
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
}

TEST_CASE("two writers of one file: the one that was overtaken fails and removes nothing") {
  Folder folder;
  auto first = [&] {
    write_file_atomically(folder / "a", [&](FileWriter& out) {
      out.write("first");
      std::filesystem::remove(temporary_path(folder / "a"));
      spill(temporary_path(folder / "a"), "second, half written");
    });
  };
  REQUIRE_THROWS_WITH(first(), Contains("Another process wrote this file at the same time"));
  REQUIRE(slurp(temporary_path(folder / "a")) == "second, half written");
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

TEST_CASE("the name of a file while it is written is nobody else's") {
  Folder folder;
  for (const char* mine : {"a.tmp", "a.lexigrad-tmp", "a~", ".a.tmp"}) spill(folder / mine, "mine");
  write_file_atomically(folder / "a", "new");
  for (const char* mine : {"a.tmp", "a.lexigrad-tmp", "a~", ".a.tmp"})
    REQUIRE(slurp(folder / mine) == "mine");
  REQUIRE(folder.files() == 5);
  std::string longest(255, 'n');
  write_file_atomically(folder / longest, "new");
  REQUIRE(slurp(folder / longest) == "new");
}

TEST_CASE("a writer finds another that is at work, and leaves it alone") {
  Folder folder;
  write_file_atomically(folder / "a", [&](FileWriter& out) {
    REQUIRE_THROWS_WITH(write_file_atomically(folder / "a", "second"),
                        Contains("Another process is writing"));
    out.write("first");
  });
  REQUIRE(slurp(folder / "a") == "first");
  REQUIRE(folder.files() == 1);
}

TEST_CASE("a symbolic link is written at its target") {
  Folder folder;
  std::filesystem::create_directory(folder / "d");
  spill(folder / "d/real", "old");
  std::filesystem::create_symlink("d/real", folder / "link");
  std::filesystem::create_symlink("link", folder / "link2");
  std::filesystem::create_symlink("d/none", folder / "dangling");
  std::filesystem::create_symlink("loop", folder / "loop");
  for (const char* link : {"link", "link2"}) {
    write_file_atomically(folder / link, link);
    REQUIRE(std::filesystem::is_symlink(folder / link));
    REQUIRE(slurp(folder / "d/real") == link);
  }
  write_file_atomically(folder / "dangling", "new");
  REQUIRE(slurp(folder / "d/none") == "new");
  REQUIRE(std::filesystem::is_symlink(folder / "dangling"));
  REQUIRE_THROWS_WITH(write_file_atomically(folder / "loop", "x"), Contains("symbolic links"));
}

TEST_CASE("files written together are all there or none is") {
  Folder folder;
  auto both = [&](const std::string& bytes, bool fail) {
    write_files_together([&] {
      write_file_atomically(folder / "rows", "rows " + bytes);
      write_file_atomically(folder / "words", "words " + bytes);
      REQUIRE(folder.files() == (bytes == "1" ? 2 : 4));
      if (fail) throw std::runtime_error("mine");
    });
  };
  both("1", false);
  REQUIRE_THROWS_WITH(both("2", true), "mine");
  REQUIRE(slurp(folder / "rows") == "rows 1");
  REQUIRE(slurp(folder / "words") == "words 1");
  both("3", false);
  REQUIRE(slurp(folder / "rows") == "rows 3");
  REQUIRE(slurp(folder / "words") == "words 3");
  REQUIRE(folder.files() == 2);
}

TEST_CASE("files written together are put back where the last one cannot be put in place") {
  Folder folder;
  for (bool old : {true, false}) {
    if (old) spill(folder / "rows", "old");
    auto both = [&] {
      write_files_together([&] {
        write_file_atomically(folder / "rows", "new");
        write_file_atomically(folder / "words", "new");
        std::filesystem::create_directories(folder / "words/in the way");
      });
    };
    REQUIRE_THROWS_WITH(both(), Contains("Cannot put the file in place") && Contains("words"));
    if (old) REQUIRE(slurp(folder / "rows") == "old");
    REQUIRE(folder.files() == (old ? 2 : 1));
    std::filesystem::remove_all(folder / "words");
    std::filesystem::remove(folder / "rows");
  }
}

TEST_CASE("two files to write that are one are refused") {
  Folder folder;
  spill(folder / "k", "old");
  std::filesystem::create_symlink("k", folder / "link");
  for (const std::string& again : {folder / "k", folder / "./k", folder / "link"})
    REQUIRE_THROWS_WITH(write_files_together([&] {
                          write_file_atomically(folder / "k", "one");
                          write_file_atomically(again, "two");
                        }),
                        Contains("Two of the files to write are this one"));
  REQUIRE(slurp(folder / "k") == "old");
}

TEST_CASE("whole files, pipes and devices are read in bounded time or named") {
  Folder folder;
  spill(folder / "a", std::string(300000, 'x'));
  REQUIRE(read_file(folder / "a") == std::string(300000, 'x'));
  REQUIRE(read_file("/proc/self/stat").size() > 10);
  for (const char* device : {"/dev/zero", "/dev/urandom", "/dev/full"})
    REQUIRE_THROWS_WITH(read_file(device), Contains("This is a device") && Contains(device));
  int zeros = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_RDONLY);
  REQUIRE_THROWS_WITH(read_to_end(zeros, "standard input"), Contains("This is a device"));
  REQUIRE(read_to_end(null, "standard input").empty());
  close(zeros), close(null);
  mkfifo((folder / "pipe").c_str(), 0600);
  REQUIRE_THROWS_WITH(read_file(folder / "pipe"), Contains("No program writes to this pipe"));
  std::string big(1 << 18, 'p');
  std::thread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    std::ofstream(folder / "pipe") << big;
  });
  REQUIRE(read_file(folder / "pipe") == big);
  writer.join();
}

TEST_CASE("a file that is cut short while it is read is an error, not a signal") {
  Folder folder;
  spill(folder / "a", std::string(1 << 20, 'x'));
  MappedFile whole(folder / "a");
  InputFile open(folder / "a");
  std::filesystem::resize_file(folder / "a", 10);
  REQUIRE(std::count(whole.bytes().begin(), whole.bytes().end(), 'x') == 1 << 20);
  std::string out(1 << 20, ' ');
  REQUIRE_THROWS_WITH(open.read(0, out.data(), out.size()), Contains("too early") && Contains("byte 10)"));
}
