#include "lexigrad/autograd/base/random_file.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "lexigrad/autograd/base/check.h"

namespace lexigrad {

// An io_uring of the kernel's: entries are filled, handed over by one call, and their results collected.
class SubmissionRing {
 public:
  static constexpr unsigned kEntries = 4096;

  // Null where the kernel has none for us.
  static std::unique_ptr<SubmissionRing> make() {
    std::unique_ptr<SubmissionRing> out(new SubmissionRing);
    return out->open() ? std::move(out) : nullptr;
  }
  ~SubmissionRing() {
    for (auto [at, size] : {std::pair{ring_, ring_size_}, {entries_, entries_size_}})
      if (at != MAP_FAILED) ::munmap(at, size);
  }

  // moved[i] becomes the bytes moved of pieces[i], or -errno; at most kEntries pieces. Nothing here may throw: the
  // kernel writes to the pieces until their results have come.
  void run(int file, std::span<const RandomFile::Piece> pieces, bool reading,
           std::span<int64_t> moved) noexcept {
    auto* entries = static_cast<io_uring_sqe*>(entries_);
    for (unsigned i = 0; i < pieces.size(); ++i) {
      unsigned slot = (tail_ + i) & mask_;
      entries[slot] = {};
      entries[slot].opcode = reading ? IORING_OP_READ : IORING_OP_WRITE;
      entries[slot].fd = file;
      entries[slot].off = static_cast<uint64_t>(pieces[i].offset);
      entries[slot].addr = reinterpret_cast<uint64_t>(pieces[i].bytes);
      entries[slot].len = static_cast<unsigned>(pieces[i].size);
      entries[slot].user_data = i;
      at<unsigned>(offsets_.sq_off.array)[slot] = slot;
    }
    auto left = static_cast<unsigned>(pieces.size());
    move_tail(left);
    for (unsigned unsent = left; left > 0; left -= collect(moved)) {
      int64_t sent = enter(unsent);
      bool refused = sent < 0 && errno != EINTR && errno != EAGAIN && errno != EBUSY;
      if (refused) move_tail(0u - unsent), left -= unsent;  // taken back: they go by plain calls
      unsent -= refused ? unsent : static_cast<unsigned>(std::max<int64_t>(sent, 0));
    }
  }

 private:
  SubmissionRing() = default;
  bool open() {
    ring_file_ = Descriptor(static_cast<int>(::syscall(SYS_io_uring_setup, kEntries, &offsets_)));
    if (!ring_file_ || !(offsets_.features & IORING_FEAT_SINGLE_MMAP)) return false;
    ring_size_ = std::max<size_t>(offsets_.sq_off.array + offsets_.sq_entries * sizeof(unsigned),
                                  offsets_.cq_off.cqes + offsets_.cq_entries * sizeof(io_uring_cqe));
    entries_size_ = offsets_.sq_entries * sizeof(io_uring_sqe);
    ring_ = map(ring_size_, IORING_OFF_SQ_RING);
    entries_ = map(entries_size_, IORING_OFF_SQES);
    if (ring_ == MAP_FAILED || entries_ == MAP_FAILED) return false;
    mask_ = *at<unsigned>(offsets_.sq_off.ring_mask);
    return true;
  }
  void* map(size_t size, int64_t offset) const {
    return ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring_file_.number(),
                  offset);
  }
  template <class T>
  T* at(unsigned offset) const {
    return reinterpret_cast<T*>(static_cast<char*>(ring_) + offset);
  }
  void move_tail(unsigned entries) {
    tail_ += entries;
    std::atomic_ref(*at<unsigned>(offsets_.sq_off.tail)).store(tail_, std::memory_order_release);
  }
  // Hands over the entries that are not yet, and waits for a result. The number handed over, or -1.
  int64_t enter(unsigned unsent) const {
    return ::syscall(SYS_io_uring_enter, ring_file_.number(), unsent, 1, IORING_ENTER_GETEVENTS, nullptr,
                     size_t{0});
  }
  unsigned collect(std::span<int64_t> moved) {
    std::atomic_ref head(*at<unsigned>(offsets_.cq_off.head));
    unsigned first = head.load(std::memory_order_relaxed),
             last = std::atomic_ref(*at<unsigned>(offsets_.cq_off.tail)).load(std::memory_order_acquire),
             mask = *at<unsigned>(offsets_.cq_off.ring_mask);
    for (unsigned i = first; i != last; ++i) {
      const io_uring_cqe& result = at<io_uring_cqe>(offsets_.cq_off.cqes)[i & mask];
      moved[static_cast<size_t>(result.user_data)] = result.res;
    }
    head.store(last, std::memory_order_release);
    return last - first;
  }

  Descriptor ring_file_;
  io_uring_params offsets_{};
  void *ring_ = MAP_FAILED, *entries_ = MAP_FAILED;
  size_t ring_size_ = 0, entries_size_ = 0;
  unsigned mask_ = 0, tail_ = 0;
};

RandomFile::RandomFile(std::string path, Batches batches)
    : path_(std::move(path)), file_(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  if (!file_) fail("Cannot open", errno, -1);
  if (batches == Batches::together) ring_ = SubmissionRing::make();
}

RandomFile::~RandomFile() = default;

void RandomFile::fail(const char* what, int code, int64_t offset) const {
  fail_file("file", text(what, ": ", std::generic_category().message(code)), path_, offset);
}

int64_t RandomFile::size() const {
  struct stat info {};
  if (::fstat(file_.number(), &info) < 0) fail("Cannot look at the size", errno, -1);
  return info.st_size;
}

void RandomFile::resize(int64_t size) {
  if (::ftruncate(file_.number(), size) < 0) fail("Cannot set the size", errno, size);
}

void RandomFile::sync() const {
  if (::fdatasync(file_.number()) < 0) fail("Cannot bring the file to the disk", errno, -1);
}

void RandomFile::read(std::span<const Piece> pieces) { transfer(pieces, true); }

// A write into a part of a page that is not in memory waits for that page alone; a batch of reads brings them all.
void RandomFile::write(std::span<const Piece> pieces) {
  if (ring_ && pieces.size() > 1) {
    std::vector<char> first(pieces.size());
    std::vector<Piece> pages;
    for (const Piece& piece : pieces) pages.push_back({piece.offset, &first[pages.size()], 1});
    std::vector<int64_t> moved(pages.size());
    run_batches(pages, true, moved);
  }
  transfer(pieces, false);
}

// What the ring has not moved, or not all of it, goes by plain calls, which know all about errors.
void RandomFile::transfer(std::span<const Piece> pieces, bool reading) {
  std::vector<int64_t> moved(pieces.size());
  if (ring_) run_batches(pieces, reading, moved);
  for (size_t i = 0; i < pieces.size(); ++i) finish(pieces[i], std::max<int64_t>(moved[i], 0), reading);
}

void RandomFile::run_batches(std::span<const Piece> pieces, bool reading, std::span<int64_t> moved) {
  for (size_t begin = 0; begin < pieces.size(); begin += SubmissionRing::kEntries) {
    size_t size = std::min<size_t>(pieces.size() - begin, SubmissionRing::kEntries);
    ring_->run(file_.number(), pieces.subspan(begin, size), reading, moved.subspan(begin, size));
  }
}

void RandomFile::finish(const Piece& piece, int64_t done, bool reading) {
  for (auto size = static_cast<int64_t>(piece.size); done < size;) {
    char* bytes = static_cast<char*>(piece.bytes) + done;
    auto left = static_cast<size_t>(size - done);
    int64_t n = reading ? ::pread(file_.number(), bytes, left, piece.offset + done)
                        : ::pwrite(file_.number(), bytes, left, piece.offset + done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(reading ? "Cannot read" : "Cannot write", errno, piece.offset + done);
    if (n == 0)
      fail_file("file", text("The file ends ", left, " bytes before a piece of it does"), path_,
                piece.offset + done);
    done += n;
  }
}

void sync_folder(const std::string& folder) {
  Descriptor open(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!open) fail_file("file", "Cannot open the folder", folder);
  ::fsync(open.number());
}

}  // namespace lexigrad
