// How large tables are in float32, before anything is allocated.
#include <cstdint>
#include <cstdio>
#include <string>

// 617558016 as 617,558,016
std::string grouped(int64_t n) {
  std::string out = std::to_string(n);
  for (auto at = static_cast<int64_t>(out.size()) - 3; at > 0; at -= 3)
    out.insert(static_cast<size_t>(at), ",");
  return out;
}

void show(int64_t rows, int64_t dim) {
  int64_t parameters = rows * dim, bytes = 4 * parameters;
  std::printf("%lld x %lld: %s parameters, %s bytes (%.2f GiB)\n", static_cast<long long>(rows),
              static_cast<long long>(dim), grouped(parameters).c_str(), grouped(bytes).c_str(),
              static_cast<double>(bytes) / (1 << 30));
  // Training adds a gradient (of the rows looked up) and Adam's two moments (of the rows ever looked up:
  // memory of the others is never touched).
  int64_t looked_up = 8 * 4 * dim * 4;
  std::printf("  Adam, 8 x 4 tokens: %s bytes more; with moments of all rows %s\n",
              grouped(3 * looked_up).c_str(), grouped(looked_up + 2 * bytes).c_str());
}

int main() {
  show(50257, 768);     // GPT-2
  show(50257, 12288);   // GPT-3
  show(100000, 16384);  // a plan
}
// Prints:
// 50257 x 768: 38,597,376 parameters, 154,389,504 bytes (0.14 GiB)
//   Adam, 8 x 4 tokens: 294,912 bytes more; with moments of all rows 308,877,312
// 50257 x 12288: 617,558,016 parameters, 2,470,232,064 bytes (2.30 GiB)
//   Adam, 8 x 4 tokens: 4,718,592 bytes more; with moments of all rows 4,942,036,992
// 100000 x 16384: 1,638,400,000 parameters, 6,553,600,000 bytes (6.10 GiB)
//   Adam, 8 x 4 tokens: 6,291,456 bytes more; with moments of all rows 13,109,297,152
