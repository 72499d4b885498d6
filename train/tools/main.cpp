// The lexigrad command.
#include <sys/mman.h>
#include <unistd.h>

#include <string_view>

#include "lexigrad/train/tools/command_line.h"

namespace {

// OpenBLAS takes 256 MiB of address space where it is loaded, before main(), and asks without end where it is refused.
void check_address_space() {
  constexpr size_t size = size_t{288} << 20;
  void* block =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (block != MAP_FAILED) {
    ::munmap(block, size);
    return;
  }
  constexpr std::string_view line =
      "lexigrad: [memory] OpenBLAS needs 288 MiB of address space. Hint: raise the limit that ulimit -v shows\n";
  ::_exit(::write(STDERR_FILENO, line.data(), line.size()) < 0 ? 2 : 1);
}

[[gnu::section(".preinit_array"), gnu::used]] void (*const before_libraries)() = check_address_space;

}  // namespace

int main(int argc, char** argv) { return lexigrad::tools::run_command_line(argc, argv); }
