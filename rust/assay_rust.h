/* Rego policies and fast ECDSA verification: the door to the Rust library `assay_rust` (regorus, aws-lc-rs).
 *
 * Texts are UTF-8 as (pointer, size), without a final zero; a null pointer is an empty text. They are copied where
 * they must last.
 *
 * Results. `out`, where a function has one, may be null; otherwise it is overwritten (not freed first) with the
 * answer when the status is ASSAY_OK, with an explanation for people (at most 8 KiB and a bit) when it is not, or
 * left empty. It belongs to the caller, who gives it back to assay_buf_free.
 *
 * Panics of the Rust code end at every function: ASSAY_PANIC, or null where a pointer is returned. Nothing unwinds
 * into the caller, and nothing is printed for it. **Not** caught, because nothing can: a stack overflow and an
 * allocation that fails, which end the process. A hostile policy can cause both, and can run long where no limit
 * looks. So run policies of others in a process that may die, with limits on its memory, CPU time and stack (512 MiB
 * of stack turn deep recursion into a time limit), and with its stderr on /dev/null or in a bounded log: regorus
 * prints warnings there.
 *
 * Threads. An engine belongs to one thread at a time, and so does its clone; the two are independent. A key may be
 * used by any number of threads at once. The memory limit belongs to the process. Everything else has no state.
 */
#ifndef ASSAY_RUST_H
#define ASSAY_RUST_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum assay_status {
  ASSAY_OK = 0,        /* done; for a signature: valid. Compare with it, never test for zero or "true" */
  ASSAY_ERR = 1,       /* the fault of the input: a policy, document or signature that is wrong */
  ASSAY_LIMIT = 2,     /* a bound on text, nesting, time or memory was reached */
  ASSAY_UNDEFINED = 3, /* the rule or query has no value for this input */
  ASSAY_PANIC = 4,     /* an error inside the library; the engine in question refuses everything from now on but to be freed */
  ASSAY_BAD_ARG = 5    /* the fault of the calling code: null, an unknown constant, a text that is not UTF-8 */
} assay_status;

/* A text made by this library. Start with {NULL, 0}. */
typedef struct assay_buf {
  char* data; /* null when empty; no final zero */
  size_t size;
} assay_buf;

/* Frees what `buf` holds and empties it, so that doing it twice is harmless. Null is allowed. */
void assay_buf_free(assay_buf* buf);

/* The versions of this library and of its two crates, for people; a constant with a final zero. */
const char* assay_rust_version(void);

/* --- Rego ---------------------------------------------------------------------------------------------------------
 *
 * Add policies and builtins, call assay_rego_check, and keep the engine; then clone it for each request, set the
 * input, evaluate a rule, free the clone. An evaluation costs about 0.1 ms that way; without the check each clone
 * analyses the policies again.
 *
 * Refused before the parser sees a policy or query, because the parser would be slow, stall or be fooled (ASSAY_LIMIT
 * unless said): more than 64 KiB; brackets deeper than 16; brackets nested so that parsing would take longer than
 * about 0.1 s; more than 128 operators in one expression; a line longer than 4096 bytes; a NUL byte (ASSAY_ERR);
 * brackets or strings that do not close (ASSAY_ERR).
 *
 * Not there: functions with side effects (`http.send`, `net.*`, `opa.runtime`), the clock and chance. `rand.intn`
 * fails. `time.now_ns` and `time.parse_rfc3339_ns` exist only if the host adds them. `print` does nothing.
 */
typedef struct assay_rego assay_rego;

typedef enum assay_rego_dialect {
  ASSAY_REGO_V0 = 0, /* `if` and `contains` are not required; `import rego.v1` and `import future.keywords` work */
  ASSAY_REGO_V1 = 1  /* as OPA 1.x reads it */
} assay_rego_dialect;

/* An engine without policies, with empty input and data, a time limit of 1 s and no memory limit. Null on an internal
 * error. */
assay_rego* assay_rego_new(void);

/* An independent copy with everything in it: policies, data, input, builtins (the same `context`) and limits. The
 * policies are shared, so it is cheap. Null for null, or for an engine that has panicked. */
assay_rego* assay_rego_clone(const assay_rego* rego);

/* Null is allowed. */
void assay_rego_free(assay_rego* rego);

/* Limits one evaluation to `microseconds` of wall-clock time; 0 means no limit. Looked at every `check_every` steps
 * of the interpreter (0: every 64), but not inside a builtin function, and not while parsing. */
assay_status assay_rego_set_time_limit(assay_rego* rego, uint64_t microseconds, uint32_t check_every);

/* Is an error of a builtin function one of the evaluation (1, as at the start), or does it make its expression undefined, as OPA has it
 * unless asked otherwise (0)? With 0 an error inside a function of the policy makes that undefined as well, whatever it was, also the
 * end of the time: whoever asks for that must look at the clock. */
assay_status assay_rego_set_strict_errors(assay_rego* rego, uint32_t strict);

/* Limits the policies added from now on; 0 means the usual: 1024 columns, 65536 bytes (which is also the most: else
 * ASSAY_BAD_ARG), 20000 lines. */
assay_status assay_rego_set_source_limits(assay_rego* rego, uint32_t max_columns, size_t max_bytes, size_t max_lines);

/* Limits what all engines of the process together may have allocated, in bytes; 0 means no limit, as at the start.
 * Looked at between steps, so one step (a huge `sprintf`, a huge `numbers.range`) can still exceed it. */
assay_status assay_rego_set_memory_limit(uint64_t bytes);

/* Parses a policy and adds it. `name` appears in its errors. `out`: its package as a path, "data.policy". A policy
 * that is refused leaves the engine as it was. What concerns more than its form, assay_rego_check or the first
 * evaluation finds. */
assay_status assay_rego_add_policy(assay_rego* rego, assay_rego_dialect dialect, const char* name, size_t name_size, const char* policy,
                                   size_t policy_size, assay_buf* out);

/* Sets `input` (any JSON, at most 128 deep) for the evaluations from now on. On failure the input stays as it was. */
assay_status assay_rego_set_input(assay_rego* rego, const char* json, size_t size, assay_buf* out);

/* Replaces `data` (a JSON object). The next evaluation analyses the policies again, which costs some tenths of a
 * millisecond. */
assay_status assay_rego_set_data(assay_rego* rego, const char* json, size_t size, assay_buf* out);

/* One call of a builtin function of the host; valid until the function returns. */
typedef struct assay_rego_call assay_rego_call;

/* A builtin function of the host. `arguments` is a JSON array, valid during the call. It answers with one
 * assay_rego_reply or assay_rego_fail; with none, the result is undefined. It must not throw, and must not use the
 * engine that calls it. For equal arguments it should answer the same during one evaluation. */
typedef void (*assay_rego_builtin)(void* context, const char* arguments, size_t size, assay_rego_call* call);

/* Makes `function` available to policies as `name` ("time.now_ns") with a fixed number of arguments. `context` is
 * handed through; it must outlive the engine and its clones, and bear being used from their threads. ASSAY_ERR if the
 * name was added before, or is `rand.intn`. A function that regorus itself has can be replaced. */
assay_status assay_rego_add_builtin(assay_rego* rego, const char* name, size_t name_size, uint8_t arguments, assay_rego_builtin function,
                                    void* context, assay_buf* out);

/* Answers a call with a JSON value. ASSAY_BAD_ARG if it is not JSON (then the call may still be answered), or was
 * answered already. */
assay_status assay_rego_reply(assay_rego_call* call, const char* json, size_t size);

/* Ends the evaluation with an error of this text. ASSAY_BAD_ARG if the call was answered already. */
assay_status assay_rego_fail(assay_rego_call* call, const char* message, size_t size);

/* Analyses the policies together: ASSAY_ERR, with the place, for a variable that is never bound, for example. A
 * function that does not exist is found only when a call of it is evaluated. */
assay_status assay_rego_check(assay_rego* rego, assay_buf* out);

/* Evaluates a rule given by its path, "data.policy.allow". `out`: its value as compact JSON (a set as an array).
 * ASSAY_UNDEFINED if it has none; ASSAY_ERR if there is no such rule. */
assay_status assay_rego_eval_rule(assay_rego* rego, const char* path, size_t size, assay_buf* out);

/* Evaluates a query, "data.policy.outcome". `out`:
 * {"result":[{"expressions":[{"value":…,"text":…,"location":…}],"bindings":…}]}, as `opa eval` prints it.
 * ASSAY_UNDEFINED if it has no result. */
assay_status assay_rego_eval_query(assay_rego* rego, const char* query, size_t size, assay_buf* out);

/* --- ECDSA ----------------------------------------------------------------------------------------------------- */

typedef enum assay_ec_curve {
  ASSAY_EC_P256 = 1,
  ASSAY_EC_P384 = 2
} assay_ec_curve;

typedef enum assay_hash {
  ASSAY_SHA256 = 1,
  ASSAY_SHA384 = 2,
  ASSAY_SHA512 = 3
} assay_hash;

/* A public key. */
typedef struct assay_ec_key assay_ec_key;

/* Reads an uncompressed point, 04 || X || Y: exactly 65 bytes for P-256, 97 for P-384. Everything else gives null:
 * compressed and hybrid points, the point at infinity, a point off the curve, SubjectPublicKeyInfo, an unknown curve.
 * */
assay_ec_key* assay_ec_key_new(assay_ec_curve curve, const uint8_t* point, size_t size);

/* Null is allowed. No other thread may be using the key. */
void assay_ec_key_free(assay_ec_key* key);

/* Checks the signature `rs` (r || s, exactly 64 bytes for P-256, 96 for P-384) of the hash of `message`. Each curve
 * works with each hash. ASSAY_OK only if it is valid; ASSAY_ERR if it is not, or has another size; ASSAY_BAD_ARG for
 * a null key or an unknown hash. */
assay_status assay_ec_verify(const assay_ec_key* key, assay_hash hash, const uint8_t* message, size_t size, const uint8_t* rs, size_t rs_size);

/* The same for a message that is hashed already; `digest` must have the size of `hash`, else ASSAY_BAD_ARG. */
assay_status assay_ec_verify_digest(const assay_ec_key* key, assay_hash hash, const uint8_t* digest, size_t size, const uint8_t* rs,
                                    size_t rs_size);

#ifdef __cplusplus
}
#endif

#endif
