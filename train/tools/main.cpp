// The lexigrad command, and what may go wrong before main().
#include <sys/mman.h>
#include <unistd.h>

#include <exception>
#include <new>
#include <string_view>

#include "lexigrad/train/tools/command_line.h"

namespace {

[[noreturn]] void fail_early(std::string_view line) {
  ::_exit(::write(STDERR_FILENO, line.data(), line.size()) < 0 ? 2 : 1);
}

// OpenBLAS takes 256 MiB of address space where it is loaded, before main(), and asks without end where it is refused.
void check_address_space() {
  constexpr size_t size = size_t{288} << 20;
  void* block =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (block == MAP_FAILED)
    fail_early(
        "lexigrad: [memory] OpenBLAS needs 288 MiB of address space. Hint: raise the limit that ulimit -v "
        "shows\n");
  ::munmap(block, size);
}

std::terminate_handler usual_end = nullptr;

// Nothing catches what is thrown before main(), or where the memory for the error is missing, too.
void end() {
  try {
    if (std::current_exception()) throw;
  } catch (const std::bad_alloc&) {
    fail_early("lexigrad: [memory] There is not enough memory. Hint: close other programs\n");
  } catch (...) {}
  usual_end();
}

void prepare() {
  check_address_space();
  usual_end = std::set_terminate(end);
}

[[gnu::section(".preinit_array"), gnu::used]] void (*const before_libraries)() = prepare;

}  // namespace

int main(int argc, char** argv) { return lexigrad::tools::run_command_line(argc, argv); }
