#include "lexigrad/train/tables/scratch_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <new>

#include "lexigrad/autograd/base/check.h"
#include "lexigrad/autograd/base/file.h"

namespace lexigrad::train {
namespace fs = std::filesystem;

ScratchFolder::ScratchFolder() {
  std::error_code error;
  path_ = (fs::temp_directory_path(error) / "lexigrad-XXXXXX").string();
  if (mkdtemp(path_.data()) == nullptr)
    fail_file("scratch",
              text("A folder for temporary files cannot be made: ", std::strerror(errno),
                   ". Hint: TMPDIR names another place"),
              path_);
}

ScratchFolder::~ScratchFolder() {
  std::error_code error;
  try {
    for (const std::string& name : names_in(path_, error)) fs::remove(fs::path(path_) / name, error);
  } catch (const std::bad_alloc&) {  // the files stay, in a folder for what may go
  }
  fs::remove(path_, error);
}

}  // namespace lexigrad::train
