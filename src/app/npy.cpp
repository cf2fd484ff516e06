#include "app/npy.h"

#include <cstdint>
#include <fstream>

namespace shapslice {

namespace {

constexpr std::string_view kMagic("\x93NUMPY\x01\x00", 8);

std::string shape_words(const std::vector<std::size_t>& shape) {
    std::string words = "(";
    for (std::size_t n = 0; n < shape.size(); ++n) words += (n ? ", " : "") + std::to_string(shape[n]);
    return words + (shape.size() == 1 ? ",)" : ")");
}

}  // namespace

Expected<void> write_npy(const std::string& path, const std::vector<std::size_t>& shape,
                         std::span<const float> values) {
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape_words(shape) + ", }";
    constexpr std::size_t kAlignment = 64;
    const std::size_t before = kMagic.size() + 2;
    header.resize((before + header.size() + 1 + kAlignment - 1) / kAlignment * kAlignment - before - 1, ' ');
    header += '\n';
    std::ofstream file(path, std::ios::binary);
    file.write(kMagic.data(), static_cast<std::streamsize>(kMagic.size()));
    const char length[2] = {static_cast<char>(header.size() & 255), static_cast<char>(header.size() >> 8)};
    file.write(length, 2);
    file << header;
    file.write(reinterpret_cast<const char*>(values.data()),
               static_cast<std::streamsize>(values.size() * sizeof(float)));
    if (!file.flush()) return fail(path + ": the file cannot be written.");
    return {};
}

Expected<std::vector<float>> read_npy(const std::string& path, const std::vector<std::size_t>& shape) {
    std::ifstream file(path, std::ios::binary);
    std::string start(10, '\0');
    if (!file.read(start.data(), 10) || std::string_view(start).substr(0, 8) != kMagic) {
        return fail(path + ": this is not a .npy file of version 1.");
    }
    std::string header(
        static_cast<std::uint8_t>(start[8]) | static_cast<std::size_t>(static_cast<std::uint8_t>(start[9])) << 8, '\0');
    file.read(header.data(), static_cast<std::streamsize>(header.size()));
    std::vector<std::size_t> batched{1};
    batched.insert(batched.end(), shape.begin(), shape.end());
    const bool shaped = header.find("'shape': " + shape_words(shape)) != std::string::npos ||
                        header.find("'shape': " + shape_words(batched)) != std::string::npos;
    if (!shaped || header.find("'<f4'") == std::string::npos ||
        header.find("'fortran_order': False") == std::string::npos) {
        return fail(path + ": expected float32 of shape " + shape_words(shape) + "; the header says " + header);
    }
    std::size_t count = 1;
    for (const std::size_t extent : shape) count *= extent;
    std::vector<float> values(count);
    if (!file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(float)))) {
        return fail(path + ": the file ends early.");
    }
    return values;
}

}  // namespace shapslice
