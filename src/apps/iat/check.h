// The rules of check_iat over a parsed token: signatures, claims, and what must hold between them.
#pragma once

#include <iosfwd>
#include <memory>
#include <variant>

#include "apps/iat/token.h"
#include "crypto/crypto.h"

namespace assay::iat {

struct CheckOptions {
  bool keep_going = false;                                                                  // errors are counted and told, and checking goes on
  bool strict = false;                                                                      // unknown claims are errors
  bool strict_rmm2 = false;                                                                 // only what RMM 2.0 makes and the original tool accepts
  std::variant<std::monostate, crypto::PublicKey, std::shared_ptr<const SecretBytes>> key;  // of the token, or of its platform part
};

// What the rules have at hand, and where they say what they found.
class Context {
 public:
  Context(CheckOptions options, std::ostream& err) : options_{std::move(options)}, err_{&err} {}

  // Fails with that message, or tells it and goes on if asked to keep going.
  Result<void> error(std::string message);
  void warning(std::string_view message);
  const CheckOptions& options() const { return options_; }
  std::size_t errors() const { return errors_; }

 private:
  CheckOptions options_;
  std::ostream* err_;
  std::size_t errors_ = 0;
};

// Fails with the first error, or, when keeping going, only with what leaves nothing to check (a bad signature).
Result<void> check_token(Context& context, const Token& token);

}  // namespace assay::iat
