// A folder for files that no one needs when the process has ended.
#pragma once
#include <string>

namespace lexigrad::train {

/// In the system's folder for such files (TMPDIR, where it is set).
class ScratchFolder {
 public:
  /// Throws FileError where it cannot be made.
  ScratchFolder();
  /// Removes it with all that is in it.
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace lexigrad::train
