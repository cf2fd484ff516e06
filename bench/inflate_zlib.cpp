// The yardstick of bench/load.mjs: how long zlib takes natively to inflate the files given, in milliseconds. Reading
// them from disk is not counted; the output buffer is of the right size beforehand, as kind to zlib as can be.
#include <zlib.h>

#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

int main(int count, char** names) {
    std::vector<std::vector<unsigned char>> files;
    for (int n = 1; n < count; ++n) {
        std::ifstream file(names[n], std::ios::binary);
        files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    double total = 0;
    for (const auto& file : files) {
        unsigned size = 0;
        std::memcpy(&size, file.data() + file.size() - 4, 4);
        std::vector<unsigned char> inflated(size);
        const auto started = std::chrono::steady_clock::now();
        z_stream stream{};
        if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return 1;
        stream.next_in = const_cast<unsigned char*>(file.data());
        stream.avail_in = static_cast<unsigned>(file.size());
        stream.next_out = inflated.data();
        stream.avail_out = size;
        const int result = inflate(&stream, Z_FINISH);
        inflateEnd(&stream);
        if (result != Z_STREAM_END) return 1;
        total += std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count();
    }
    std::printf("%.3f\n", total);
}
