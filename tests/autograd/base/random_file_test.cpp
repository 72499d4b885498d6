#include "lexigrad/autograd/base/random_file.h"

#include <vector>

#include "catch.h"
#include "support/throws.h"
#include "train/formats/folder.h"

using namespace lexigrad;

namespace {

constexpr RandomFile::Batches both[] = {RandomFile::Batches::together, RandomFile::Batches::one_by_one};

// Pieces of `size` bytes, `apart` from one to the next, backwards, over `memory`.
std::vector<RandomFile::Piece> pieces_of(std::vector<char>& memory, size_t size, int64_t apart) {
  std::vector<RandomFile::Piece> out;
  for (size_t i = memory.size() / size; i-- > 0;)
    out.push_back({static_cast<int64_t>(i) * apart, &memory[i * size], size});
  return out;
}

}  // namespace

TEST_CASE("batches of pieces are written and read where they belong, more than a ring has entries") {
  for (auto batches : both) {
    Folder folder;
    std::string path = folder / "pieces";
    constexpr size_t count = 9000, size = 12;
    std::vector<char> in(count * size), out(count * size);
    for (size_t i = 0; i < in.size(); ++i) in[i] = static_cast<char>(i * 131 % 251 + 1);
    RandomFile file(path, batches);
    file.write(pieces_of(in, size, 17));
    file.read(pieces_of(out, size, 17));
    CHECK(out == in);
    std::string whole = slurp(path);
    REQUIRE(whole.size() == (count - 1) * 17 + size);
    CHECK(whole.substr(17 * 7, size) == std::string(&in[size * 7], size));
    CHECK(whole.substr(17 * 7 + size, 5) == std::string(5, '\0'));
    file.read({});
    file.sync();
  }
}

TEST_CASE("a file made longer is zeros, and one that ends too early says where") {
  for (auto batches : both) {
    Folder folder;
    RandomFile file(folder / "zeros", batches);
    file.resize(100);
    CHECK(file.size() == 100);
    std::vector<char> bytes(60, 'x');
    RandomFile::Piece inside{40, bytes.data(), 60}, outside{41, bytes.data(), 60};
    file.read({&inside, 1});
    CHECK(bytes == std::vector<char>(60, '\0'));
    CHECK(message_of([&] {
            file.read({&outside, 1});
          }) == "[file] The file ends 1 bytes before a piece of it does (" + file.path() + ", byte 100)");
  }
  CHECK(message_of([] { RandomFile("/no/such/folder/file"); }) ==
        "[file] Cannot open: No such file or directory (/no/such/folder/file)");
}
