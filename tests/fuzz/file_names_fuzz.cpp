// File names, one a line: each gets one role, no role but "unused" goes to two images, and the case gets a name.
#include <set>

#include "image/case.h"
#include "input.h"
#include "study/open_case.h"

using namespace shapslice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    std::vector<std::string> names{""};
    for (const char c : fuzz::text_of({bytes, size})) {
        if (c == '\n') {
            names.emplace_back();
        } else {
            names.back() += c;
        }
    }
    const auto plans = plan_files(names);
    fuzz::must(plans.size() == names.size());
    std::set<FileRole> taken;
    for (std::size_t n = 0; n < plans.size(); ++n) {
        fuzz::must(plans[n].name == names[n] && role_from_name(role_name(plans[n].role)) == plans[n].role);
        if (plans[n].role != FileRole::unused) fuzz::must(taken.insert(plans[n].role).second);
    }
    const std::string common = common_case_name(names);
    fuzz::must(names.front().starts_with(common));
    return 0;
}
