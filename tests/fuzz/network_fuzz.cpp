// .onnx files: read, described, rewritten and written, or refused; the rewritten graph can be read again.
#include "inference/manifest.h"
#include "input.h"
#include "network/conventions.h"
#include "network/describe.h"
#include "network/rewrite.h"

using namespace shapslice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    auto network = Network::parse("mine.onnx", {bytes, size});
    if (!network) {
        fuzz::must(network.error().sentence.starts_with("mine.onnx: "));
        return 0;
    }
    if (const auto description = describe("mine.onnx", *network)) {
        const Convention& convention = guess_convention(*description);
        Json manifest = manifest_under(convention, *description, "mine");
        manifest["folds"] = Json::array({{{"file", "mine.onnx"}, {"sha256", std::string(64, 'a')}}});
        // A patch rounded up to the network's strides may be too large.
        if (const auto read = read_manifest("model.json", manifest); !read)
            fuzz::must(read.error().sentence.find("\"patch\"") != std::string::npos);
    }
    rewrite(*network);
    const Bytes written = network->serialise();
    if (network->graph().node_size() > 0) fuzz::must(Network::parse("again.onnx", written).has_value());
    return 0;
}
