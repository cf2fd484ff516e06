#include "intake/dataset_file.h"

#include "base/channel_number.h"
#include "intake/name_reading.h"

namespace shapslice {

std::optional<DatasetFile> read_dataset(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return std::nullopt;
    DatasetFile dataset;
    for (const char* field : {"channel_names", "modality"}) {
        const auto at = json.find(field);
        if (at == json.end() || !dataset.channels.empty()) continue;
        const auto take = [&](int number, const Json& title) {
            if (!title.is_string()) return;
            const auto n = static_cast<std::size_t>(number);
            if (dataset.channels.size() <= n) dataset.channels.resize(n + 1, FileRole::unused);
            dataset.channels[n] = role_of_title(title.get<std::string>());
        };
        if (at->is_object()) {
            for (const auto& [key, title] : at->items()) {
                if (const auto number = channel_number(key)) take(*number, title);
            }
        } else if (at->is_array()) {
            for (std::size_t n = 0; n < at->size() && n < kMostChannels; ++n) take(static_cast<int>(n), (*at)[n]);
        }
    }
    if (dataset.channels.empty()) return std::nullopt;
    if (const auto labels = json.find("labels"); labels != json.end()) dataset.label_names = *labels;
    return dataset;
}

}  // namespace shapslice
