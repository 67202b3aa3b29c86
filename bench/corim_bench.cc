// What does a reference value cost, from template to CBOR and back, in a file of a hundred and of ten thousand?
#include <malloc.h>

#include <cstdio>
#include <cstdlib>

#include "base/text.h"
#include "bench/corim_bench.h"
#include "bench/must.h"
#include "bench/ratio.h"
#include "model/corim/template.h"
#include "model/corim/validate.h"

namespace assay::bench {
namespace {

constexpr int kFew = 100;
constexpr int kMany = 10000;

// PSA components of one implementation, each with its own digest.
std::string template_of(int values) {
  std::string text = R"({"tag-identity":{"id":"bench"},"triples":{"reference-values":[{"environment":{"class":{"id":{"type":"psa.impl-id","value":"YWNtZS1pbXBsZW1lbnRhdGlvbi1pZC0wMDAwMDAwMDE="}}},"measurements":[)";
  for (int i = 0; i < values; ++i) {
    Bytes digest(32, 0);
    for (std::size_t at = 0; at < 4; ++at) digest[at] = static_cast<std::uint8_t>(i >> (8 * at));
    text += fmt::format(R"({}{{"key":{{"type":"psa.refval-id","value":{{"label":"M{}","version":"1.0.{}","signer-id":"rLsRx+TaIXIFUjzkzhokWuGiOa48a/2eeHH35di66Gs="}}}},"value":{{"digests":["sha-256;{}"]}}}})", i == 0 ? "" : ",", i, i, to_base64(digest));
  }
  return text + "]}]}}";
}

Bytes compile(const std::string& text) {
  const auto parsed = corim::comid_from_template(must(corim::parse_template(text)));
  if (!corim::first_error(parsed.problems) || !corim::first_error(corim::validate(parsed.value))) std::exit(1);
  return must(corim::write_comid(parsed.value, corim::Generation::a));
}

corim::Comid read(const Bytes& bytes) { return must(corim::read_comid(bytes)); }

// For each value: the file's own size drops out.
void print(const char* what, const Ratio& ratio) {
  const double scale = static_cast<double>(kFew) / kMany;
  std::printf("%-58s %7.3f  [%.3f-%.3f]  %9.3f / %8.3f us  <= 1.5\n", what, ratio.median * scale, ratio.low * scale, ratio.high * scale, ratio.work_us / kMany, ratio.floor_us / kFew);
}

}  // namespace

void corims() {
  const std::string few = template_of(kFew);
  const std::string many = template_of(kMany);
  const Bytes few_bytes = compile(few);
  const Bytes many_bytes = compile(many);
  std::printf("\nendorsements: a reference value in a CoMID of %d / of %d\n", kMany, kFew);
  print("compile from a template", ratio([&] { (void)compile(many); }, [&] { (void)compile(few); }, 15));
  print("read back", ratio([&] { (void)read(many_bytes); }, [&] { (void)read(few_bytes); }, 15));

  const std::size_t before = mallinfo2().uordblks;
  const corim::Comid comid = read(many_bytes);
  const std::size_t held = mallinfo2().uordblks - before;
  std::printf("%-58s %7.3f  %38.1f / %8.1f KiB <= 20\n", "memory of what was read / its file", static_cast<double>(held) / static_cast<double>(many_bytes.size()), static_cast<double>(held) / 1024, static_cast<double>(many_bytes.size()) / 1024);
  if (comid.triples.reference_values.front().measurements.size() != kMany) std::exit(1);
}

}  // namespace assay::bench
