#include "model_files/model_reading.h"

#include <algorithm>
#include <cctype>

#include "image/sha256.h"
#include "intake/file_kind.h"
#include "model_files/file_kinds.h"
#include "network/external_weights.h"

namespace shapslice {

namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr std::string_view kFromFiles = "files";  // the convention of what lies beside the network

// Numbers by their size, as people count folds.
bool natural_less(const std::string& a, const std::string& b) {
    std::size_t i = 0, j = 0;
    const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
    while (i < a.size() && j < b.size()) {
        if (!digit(a[i]) || !digit(b[j])) {
            if (a[i] != b[j]) return a[i] < b[j];
            ++i, ++j;
            continue;
        }
        const auto number = [&](const std::string& text, std::size_t& at) {
            while (at + 1 < text.size() && text[at] == '0' && digit(text[at + 1])) ++at;
            const std::size_t from = at;
            while (at < text.size() && digit(text[at])) ++at;
            return text.substr(from, at - from);
        };
        const std::string one = number(a, i), other = number(b, j);
        if (one.size() != other.size()) return one.size() < other.size();
        if (one != other) return one < other;
    }
    return a.size() - i < b.size() - j;
}

std::string paths_of_kind(const std::vector<std::string>& paths, ModelFileKind kind) {
    const auto at = std::find_if(paths.begin(), paths.end(),
                                 [&](const std::string& path) { return model_file_kind(path) == kind; });
    return at == paths.end() ? "" : *at;
}

std::string digest(std::span<const std::span<const std::uint8_t>> pieces) {
    Sha256 sha256;
    for (const auto& piece : pieces) sha256.add(piece);
    return sha256.hex();
}

std::string changed_file(const std::string& file, const std::string& found, const std::string& expected) {
    return file + ": the file's sha256 is " + found.substr(0, 12) + "...; the manifest expects " +
           expected.substr(0, 12) + "... The file is damaged or another version.";
}

// The first library's convention for regions or for labels, or the one that the network's own names suggest.
const Convention& base_convention(const ModelSettings& settings, const NetworkDescription& description) {
    if (!settings.any()) return guess_convention(description);
    NetworkDescription as_said = description;
    as_said.family.library = settings.library;
    if (settings.outputs) as_said.output_channels = settings.outputs->regions ? 3 : 4;
    return guess_convention(as_said);
}

// "plans.json and dataset.json"
std::string settings_name(const ModelSettings& settings) {
    return settings.library == Library::monai ? "as the MONAI bundle's files say" : "as nnU-Net's files say";
}

}  // namespace

ModelReading::ModelReading(std::vector<std::string> paths) : paths_(std::move(paths)) {
    std::erase_if(paths_, [](const std::string& path) { return kind_of(take_apart(path)) == FileKind::hidden; });
    std::sort(paths_.begin(), paths_.end(), natural_less);
}

Expected<std::vector<std::string>> ModelReading::texts() const {
    std::vector<std::string> texts;
    for (const std::string& path : paths_) {
        if (model_file_kind(path) == ModelFileKind::json) texts.push_back(path);
    }
    if (!paths_of_kind(paths_, ModelFileKind::network).empty()) return texts;
    if (const std::string unusable = paths_of_kind(paths_, ModelFileKind::unusable); !unusable.empty())
        return fail(unusable_model(unusable));
    if (texts.empty()) return fail("There is no network to read; drop an .onnx file first.");
    return texts;  // a manifest names what is missing
}

Expected<void> ModelReading::add_text(const std::string& path, std::string_view text) {
    // A byte order mark, as some editors write one, is skipped by the parser.
    const OrderedJson json = OrderedJson::parse(text, nullptr, false);
    if (json.is_discarded()) {
        return fail(
            path +
            ": this is not JSON; expected a model manifest, or what nnU-Net or MONAI write beside a model. Drop "
            "the model without it, or with one that is whole.");
    }
    const SettingsFile kind = settings_file(path, json);
    if (kind == SettingsFile::unknown) {
        remarks_.push_back(path +
                           " was left out: it is neither a model.json nor one of nnU-Net's plans.json and "
                           "dataset.json or MONAI's metadata.json and inference.json.");
        return {};
    }
    if (kind != SettingsFile::manifest) return take_settings(kind, path, json, settings_);
    if (!manifest_file_.empty())
        return fail(path + ": a second manifest beside " + manifest_file_ +
                    "; expected one model with one model.json at a time.");
    manifest_file_ = path;
    manifest_ = Json::parse(text, nullptr, false);
    return {};
}

std::vector<std::string> ModelReading::networks() const {
    const auto holds_weights = [](const std::string& path) {
        return model_file_kind(path) != ModelFileKind::network && model_file_kind(path) != ModelFileKind::json;
    };
    if (!manifest_file_.empty() && std::none_of(paths_.begin(), paths_.end(), holds_weights)) return {};
    std::vector<std::string> networks;
    for (const std::string& path : paths_) {
        if (model_file_kind(path) == ModelFileKind::network) networks.push_back(path);
    }
    return networks;
}

Expected<std::vector<std::string>> ModelReading::weights_of(const std::string& path,
                                                            std::span<const std::uint8_t> bytes) const {
    const auto names = weight_files(path, bytes);
    if (!names) return tl::make_unexpected(names.error());
    std::vector<std::string> files;
    for (const std::string& name : *names) {
        files.push_back(find_file(paths_, path, name));
        if (files.back().empty()) {
            return fail(path + ": its weights are in the file " + name +
                        ", which is not among those given. Drop both together; or export the network as one file "
                        "(docs/models.md).");
        }
    }
    return files;
}

Expected<void> ModelReading::add_network(const std::string& path, std::span<const std::uint8_t> bytes,
                                         const std::map<std::string, std::span<const std::uint8_t>>& weights) {
    const auto names = weight_files(path, bytes);
    if (!names) return tl::make_unexpected(names.error());
    std::map<std::string, std::span<const std::uint8_t>> by_name;
    std::vector<std::span<const std::uint8_t>> pieces{bytes};
    for (const std::string& name : *names) {
        const auto found = weights.find(find_file(paths_, path, name));
        if (found == weights.end()) continue;  // embed_weights() says so
        by_name[name] = found->second;
        pieces.push_back(found->second);
    }
    Fold fold{path, digest({pieces.data(), 1}), digest(pieces), *names, {}};
    if (!names->empty() || manifest_file_.empty()) {
        const auto embedded = names->empty() ? Bytes{} : embed_weights(path, bytes, by_name);
        if (!embedded) return tl::make_unexpected(embedded.error());
        const auto network = Network::parse(path, embedded->empty() ? bytes : std::span<const std::uint8_t>(*embedded));
        if (!network) return tl::make_unexpected(network.error());
        const auto description = describe(path, *network);
        if (!description) return tl::make_unexpected(description.error());
        fold.description = *description;
    }
    if (manifest_file_.empty() && !folds_.empty()) {
        if (const auto same = same_network(folds_[0].description, fold.description); !same) return same;
    }
    folds_.push_back(std::move(fold));
    return {};
}

Json ModelReading::folds_json() const {
    Json folds = Json::array();
    for (const Fold& fold : folds_) {
        // A name that is met once is enough; folders are kept where folds are named alike.
        const std::string name = bare_name(fold.path);
        const bool alone = std::count_if(folds_.begin(), folds_.end(),
                                         [&](const Fold& each) { return bare_name(each.path) == name; }) == 1;
        Json entry{{"file", alone ? name : fold.path}, {"sha256", fold.whole_sha256}};
        if (!fold.data.empty()) entry["data"] = fold.data;
        folds.push_back(std::move(entry));
    }
    return folds;
}

// A manifest that was written beside networks whose weights lie in files of their own need not know of these: what it
// pins is checked, and what is used is recorded.
Expected<ModelGuess> ModelReading::settled() const {
    ModelGuess guess{manifest_file_, manifest_, "", {}, remarks_};
    if (!guess.manifest.is_object() || !guess.manifest.contains("folds") || !guess.manifest["folds"].is_array())
        return guess;  // read_manifest() says what is wrong
    for (Json& entry : guess.manifest["folds"]) {
        if (!entry.is_object() || !entry.contains("file") || !entry["file"].is_string() || entry.contains("data"))
            continue;
        const std::string path = find_file(paths_, manifest_file_, entry["file"].get<std::string>());
        const auto fold =
            std::find_if(folds_.begin(), folds_.end(), [&](const Fold& each) { return each.path == path; });
        if (fold == folds_.end() || fold->data.empty()) continue;
        const Json pinned = entry.value("sha256", Json());
        if (pinned != fold->sha256 && pinned != fold->whole_sha256)
            return fail(changed_file(path, fold->sha256, pinned.is_string() ? pinned.get<std::string>() : ""));
        entry["data"] = fold->data;
        entry["sha256"] = fold->whole_sha256;
    }
    return guess;
}

Expected<ModelGuess> ModelReading::guess(std::string_view convention) const {
    if (!manifest_file_.empty()) return settled();
    if (folds_.empty()) return fail("There is no network to read; drop an .onnx file first.");
    const NetworkDescription& description = folds_[0].description;
    const bool said = settings_.outputs.has_value();
    if (!said && description.output_channels != 0 && description.output_channels != 3 &&
        description.output_channels != 4) {
        return fail(
            description.file + ": the output \"" + description.output + "\" has " +
            std::to_string(description.output_channels) +
            " channels; expected 4 labels (background, NCR, ED, ET) or 3 regions (TC, WT, ET). Drop the model's "
            "dataset.json or metadata.json with it if it has more, and these among them.");
    }
    ModelGuess guess;
    guess.remarks = remarks_;
    const Convention* chosen = nullptr;
    if (settings_.any()) guess.conventions.emplace_back(kFromFiles, settings_name(settings_));
    for (const Convention& each : conventions()) {
        if (!fits(each, description)) continue;
        guess.conventions.emplace_back(each.id, each.name);
        if (each.id == convention) chosen = &each;
    }
    const bool from_files = settings_.any() && !chosen;
    if (!chosen) chosen = &base_convention(settings_, description);
    guess.convention = from_files ? kFromFiles : chosen->id;
    guess.manifest = manifest_under(*chosen, description, network_stem(folds_[0].path));
    guess.manifest["folds"] = folds_json();
    if (!settings_.name.empty()) guess.manifest["id"] = guess.manifest["name"] = settings_.name;
    if (from_files) {
        if (const auto applied = apply_settings(settings_, description, guess.manifest, guess.remarks); !applied)
            return tl::make_unexpected(applied.error());
    }
    const auto in_words = describe_remarks(description);
    guess.remarks.insert(guess.remarks.end(), in_words.begin(), in_words.end());
    return guess;
}

Expected<std::vector<std::string>> fold_files(std::string_view manifest_file, const FoldModel& fold,
                                              std::span<const std::string> paths) {
    std::vector<std::string> files;
    const auto take = [&](std::string_view from, const std::string& name) {
        files.push_back(find_file(paths, from, name));
        return !files.back().empty();
    };
    std::string missing;
    if (!take(manifest_file, fold.file)) missing = fold.file;
    for (const std::string& name : fold.data) {
        if (missing.empty() && !take(files[0], name)) missing = name;
    }
    if (!missing.empty())
        return fail(std::string(manifest_file) + " names the file " + missing + ", which is not among those given.");
    return files;
}

Expected<Bytes> whole_network(const FoldModel& fold, std::span<const std::span<const std::uint8_t>> files) {
    const std::string found = digest(files);
    if (found != fold.sha256) return fail(changed_file(fold.file, found, fold.sha256));
    if (files.size() == 1) return Bytes{};
    std::map<std::string, std::span<const std::uint8_t>> by_name;
    for (std::size_t n = 0; n < fold.data.size() && n + 1 < files.size(); ++n) by_name[fold.data[n]] = files[n + 1];
    return embed_weights(fold.file, files[0], by_name);
}

}  // namespace shapslice
