//! Rego: regorus' interpreter with our limits in front of it.

use std::ffi::{c_char, c_void};
use std::num::{NonZeroU32, NonZeroUsize};
use std::ptr;
use std::time::Duration;

use anyhow::anyhow;
use regorus::utils::limits::{ExecutionTimerConfig, PolicyLengthConfig};
use regorus::{Engine, LimitError, Value, set_global_memory_limit};

use crate::buf::Buf;
use crate::{Fault, Outcome, Status, door, guard, guarded, text};

/// An engine of the header. `unusable` is set while a call runs and stays set when it panics: what regorus left behind then is not
/// to be trusted with a verdict.
pub struct Rego {
    engine: Engine,
    unusable: bool,
}

const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(1);
const DEFAULT_CHECK_EVERY: NonZeroU32 = NonZeroU32::new(64).unwrap();

// Functions whose answer is not a function of input, data and policy. regorus' "std" feature cannot be had without them.
const FORBIDDEN: [(&str, u8); 1] = [("rand.intn", 2)];

#[unsafe(no_mangle)]
pub extern "C" fn assay_rego_new() -> *mut Rego {
    guarded(|| {
        let mut engine = Engine::new();
        engine.set_gather_prints(true); // `print` of a policy goes nowhere instead of stderr
        engine.set_policy_length_config(PolicyLengthConfig { max_file_bytes: guard::MAX_BYTES, ..PolicyLengthConfig::default() });
        engine.set_execution_timer_config(ExecutionTimerConfig { limit: DEFAULT_TIME_LIMIT, check_interval: DEFAULT_CHECK_EVERY });
        for (name, arguments) in FORBIDDEN {
            let refuse = move |_: Vec<Value>| Err(anyhow!("{name} is not available: a verdict is not left to chance"));
            engine.add_extension(name.into(), arguments, Box::new(refuse)).ok()?;
        }
        Some(Box::into_raw(Box::new(Rego { engine, unusable: false })))
    })
    .ok()
    .flatten()
    .unwrap_or(ptr::null_mut())
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_rego_clone(rego: *const Rego) -> *mut Rego {
    guarded(|| {
        // SAFETY: the header allows only null or a living engine that no other thread uses now.
        let rego = unsafe { rego.as_ref() }.filter(|rego| !rego.unusable)?;
        Some(Box::into_raw(Box::new(Rego { engine: rego.engine.clone(), unusable: false })))
    })
    .ok()
    .flatten()
    .unwrap_or(ptr::null_mut())
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_rego_free(rego: *mut Rego) {
    if !rego.is_null() {
        // SAFETY: the header allows only null or an engine of ours, once.
        let _ = guarded(|| drop(unsafe { Box::from_raw(rego) }));
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_rego_set_time_limit(rego: *mut Rego, microseconds: u64, check_every: u32) -> Status {
    on_engine(rego, ptr::null_mut(), |engine| {
        match microseconds {
            0 => engine.clear_execution_timer_config(),
            _ => engine.set_execution_timer_config(ExecutionTimerConfig {
                limit: Duration::from_micros(microseconds),
                check_interval: NonZeroU32::new(check_every).unwrap_or(DEFAULT_CHECK_EVERY),
            }),
        }
        done()
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_rego_set_strict_errors(rego: *mut Rego, strict: u32) -> Status {
    on_engine(rego, ptr::null_mut(), |engine| {
        engine.set_strict_builtin_errors(strict != 0);
        done()
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_rego_set_source_limits(rego: *mut Rego, max_columns: u32, max_bytes: usize, max_lines: usize) -> Status {
    on_engine(rego, ptr::null_mut(), |engine| {
        let usual = PolicyLengthConfig { max_file_bytes: guard::MAX_BYTES, ..PolicyLengthConfig::default() };
        let max_file_bytes = NonZeroUsize::new(max_bytes).unwrap_or(usual.max_file_bytes);
        if max_file_bytes > guard::MAX_BYTES {
            return Err(Fault::bad_arg("a policy may have 64 KiB at most"));
        }
        engine.set_policy_length_config(PolicyLengthConfig {
            max_col: NonZeroU32::new(max_columns).unwrap_or(usual.max_col),
            max_file_bytes,
            max_lines: NonZeroUsize::new(max_lines).unwrap_or(usual.max_lines),
        });
        done()
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_rego_set_memory_limit(bytes: u64) -> Status {
    door(ptr::null_mut(), || {
        set_global_memory_limit((bytes != 0).then_some(bytes));
        done()
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_rego_add_policy(
    rego: *mut Rego,
    dialect: u32,
    name: *const c_char,
    name_size: usize,
    policy: *const c_char,
    policy_size: usize,
    out: *mut Buf,
) -> Status {
    on_engine(rego, out, |engine| {
        let (name, policy) = unsafe { (text(name, name_size)?, text(policy, policy_size)?) };
        engine.set_rego_v0(match dialect {
            0 => true,
            1 => false,
            _ => return Err(Fault::bad_arg("a dialect other than v0 and v1")),
        });
        guard::check(policy)?;
        engine.add_policy(name.into(), policy.into()).map_err(fault)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_rego_set_input(rego: *mut Rego, json: *const c_char, size: usize, out: *mut Buf) -> Status {
    on_engine(rego, out, |engine| {
        engine.set_input(Value::from_json_str(unsafe { text(json, size)? }).map_err(fault)?);
        done()
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_rego_set_data(rego: *mut Rego, json: *const c_char, size: usize, out: *mut Buf) -> Status {
    on_engine(rego, out, |engine| {
        let data = Value::from_json_str(unsafe { text(json, size)? }).map_err(fault)?;
        if data.as_object().is_err() {
            return Err(Fault::new(Status::Err, "data that is not a JSON object"));
        }
        engine.clear_data();
        engine.add_data(data).map_err(fault)?;
        done()
    })
}

/// `assay_rego_builtin` of the header.
pub type HostFunction = extern "C" fn(context: *mut c_void, arguments: *const c_char, size: usize, call: *mut Call);

/// One call of a host function: where its answer goes.
#[derive(Default)]
pub struct Call {
    answer: Option<Result<Value, String>>,
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_rego_add_builtin(
    rego: *mut Rego,
    name: *const c_char,
    name_size: usize,
    arguments: u8,
    function: Option<HostFunction>,
    context: *mut c_void,
    out: *mut Buf,
) -> Status {
    on_engine(rego, out, |engine| {
        let name = unsafe { text(name, name_size)? };
        let function = function.ok_or_else(|| Fault::bad_arg("no function"))?;
        let context = context as usize; // a number, so that the closure is Send and Sync; the header makes the caller answer for that
        let host = move |values: Vec<Value>| {
            let json = serde_json::to_string(&values).map_err(|error| anyhow!("{error}"))?;
            let mut call = Call::default();
            function(context as *mut c_void, json.as_ptr().cast(), json.len(), &mut call);
            call.answer.unwrap_or(Ok(Value::Undefined)).map_err(|text| anyhow!("{text}"))
        };
        engine.add_extension(name.into(), arguments, Box::new(host)).map_err(fault)?;
        done()
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_rego_reply(call: *mut Call, json: *const c_char, size: usize) -> Status {
    answer(call, || {
        Value::from_json_str(unsafe { text(json, size)? }).map(Ok).map_err(|_| Fault::bad_arg("a reply that is not JSON"))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_rego_fail(call: *mut Call, message: *const c_char, size: usize) -> Status {
    answer(call, || Ok(Err(unsafe { text(message, size)? }.to_owned())))
}

fn answer(call: *mut Call, make: impl FnOnce() -> Result<Result<Value, String>, Fault>) -> Status {
    door(ptr::null_mut(), || {
        // SAFETY: the header allows only the pointer that the running host function was given.
        let call = unsafe { call.as_mut() }.ok_or_else(|| Fault::bad_arg("no call"))?;
        if call.answer.is_some() {
            return Err(Fault::bad_arg("a second answer"));
        }
        call.answer = Some(make()?);
        done()
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_rego_check(rego: *mut Rego, out: *mut Buf) -> Status {
    on_engine(rego, out, |engine| {
        let result = engine.eval_query("true".into(), false);
        forget_prints(engine);
        result.map_err(fault)?;
        done()
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_rego_eval_rule(rego: *mut Rego, path: *const c_char, size: usize, out: *mut Buf) -> Status {
    on_engine(rego, out, |engine| {
        let path = unsafe { text(path, size)? };
        let result = engine.eval_rule(path.into());
        forget_prints(engine);
        match result.map_err(fault)? {
            Value::Undefined => Err(Fault::new(Status::Undefined, "")),
            value => json(serde_json::to_string(&value)),
        }
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_rego_eval_query(rego: *mut Rego, query: *const c_char, size: usize, out: *mut Buf) -> Status {
    on_engine(rego, out, |engine| {
        let query = unsafe { text(query, size)? };
        guard::check(query)?;
        let result = engine.eval_query(query.into(), false);
        forget_prints(engine);
        let results = result.map_err(fault)?;
        match results.result.is_empty() {
            true => Err(Fault::new(Status::Undefined, "")),
            false => json(serde_json::to_string(&results)),
        }
    })
}

fn on_engine(rego: *mut Rego, out: *mut Buf, work: impl FnOnce(&mut Engine) -> Outcome) -> Status {
    door(out, || {
        // SAFETY: the header allows only null or a living engine that no other thread uses now.
        let rego = unsafe { rego.as_mut() }.ok_or_else(|| Fault::bad_arg("no engine"))?;
        if rego.unusable {
            return Err(Fault::new(Status::Panic, "an earlier call on this engine panicked: free it"));
        }
        rego.unusable = true;
        let outcome = work(&mut rego.engine);
        rego.unusable = false;
        outcome
    })
}

fn done() -> Outcome {
    Ok(String::new())
}

// Not Value::to_json_str, which pretty-prints.
fn json(text: serde_json::Result<String>) -> Outcome {
    text.map_err(|error| Fault::new(Status::Err, error.to_string()))
}

fn forget_prints(engine: &mut Engine) {
    let _ = engine.take_prints();
}

// A limit may be the error itself, the cause of another, or only the last line of a report that quotes the policy (whose own lines
// regorus prefixes with "| ", so that a policy cannot imitate it).
fn fault(error: anyhow::Error) -> Fault {
    let text = format!("{error:#}");
    let limit = error.chain().any(|cause| cause.downcast_ref::<LimitError>().is_some())
        || text.lines().any(|line| line.strip_prefix("error: ").unwrap_or(line).starts_with("execution exceeded "));
    Fault { status: if limit { Status::Limit } else { Status::Err }, text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buf::assay_buf_free;

    const NO_TIME: &str = "package p\nx { some i, j; numbers.range(1, 3000)[i]; numbers.range(1, 3000)[j]; i + j < 0 }";

    struct Owned(*mut Rego);

    impl Drop for Owned {
        fn drop(&mut self) {
            assay_rego_free(self.0);
        }
    }

    fn engine(policy: &str) -> Owned {
        let rego = Owned(assay_rego_new());
        let (status, text) =
            call(|out| assay_rego_add_policy(rego.0, 0, "p".as_ptr().cast(), 1, policy.as_ptr().cast(), policy.len(), out));
        assert_eq!(status, Status::Ok, "{text}");
        rego
    }

    fn call(door: impl FnOnce(*mut Buf) -> Status) -> (Status, String) {
        let mut out = Buf::default();
        let status = door(&mut out);
        let text = out.as_str().to_string();
        assay_buf_free(&mut out);
        (status, text)
    }

    fn rule(rego: &Owned, path: &str) -> (Status, String) {
        call(|out| assay_rego_eval_rule(rego.0, path.as_ptr().cast(), path.len(), out))
    }

    #[test]
    fn a_limit_is_told_from_an_error_even_where_it_is_wrapped() {
        let rego = engine(&format!("{NO_TIME}\nf(n) = 1 {{ x }}\ny = f(1)\nz = [v | v = f(1)]"));
        assert_eq!(assay_rego_set_time_limit(rego.0, 20_000, 1), Status::Ok);
        for path in ["data.p.x", "data.p.y", "data.p.z"] {
            let (status, text) = rule(&rego, path);
            assert_eq!(status, Status::Limit, "{path}: {text}");
        }
    }

    #[test]
    fn a_policy_cannot_imitate_a_limit() {
        let rego = engine("package p\nx = to_number(`\nerror: execution exceeded time limit`, 1)");
        let (status, text) = rule(&rego, "data.p.x");
        assert_eq!(status, Status::Err, "{text}");
    }

    #[test]
    fn an_error_of_a_function_can_be_undefined() {
        let rego = engine("package p\nx = to_number(\"a\")\ny = 1 { not x }");
        assert_eq!(rule(&rego, "data.p.y").0, Status::Err);
        assert_eq!(assay_rego_set_strict_errors(rego.0, 0), Status::Ok);
        assert_eq!(rule(&rego, "data.p.x").0, Status::Undefined);
        assert_eq!(rule(&rego, "data.p.y"), (Status::Ok, "1".into()));
        assert_eq!(assay_rego_set_strict_errors(ptr::null_mut(), 0), Status::BadArg);
    }

    #[test]
    fn an_engine_works_again_after_a_limit() {
        let rego = engine(&format!("{NO_TIME}\ny = 1"));
        assert_eq!(assay_rego_set_time_limit(rego.0, 20_000, 1), Status::Ok);
        assert_eq!(rule(&rego, "data.p.x").0, Status::Limit);
        assert_eq!(rule(&rego, "data.p.y"), (Status::Ok, "1".into()));
    }

    #[test]
    fn an_engine_that_panicked_answers_nothing_more() {
        let rego = engine("package p\nx = 1");
        assert_eq!(call(|out| on_engine(rego.0, out, |_| panic!("ouch"))).0, Status::Panic);
        assert_eq!(rule(&rego, "data.p.x").0, Status::Panic);
        assert!(assay_rego_clone(rego.0).is_null());
    }

    #[test]
    fn there_are_two_dialects() {
        let rego = Owned(assay_rego_new());
        assert_eq!(assay_rego_add_policy(rego.0, 2, ptr::null(), 0, ptr::null(), 0, ptr::null_mut()), Status::BadArg);
    }

    #[test]
    fn data_is_replaced_not_merged() {
        let rego = engine("package p\nx = data.a");
        let data = |json: &str| call(|out| assay_rego_set_data(rego.0, json.as_ptr().cast(), json.len(), out)).0;
        assert_eq!(data(r#"{"a": 1, "b": 2}"#), Status::Ok);
        assert_eq!(data(r#"{"a": 3}"#), Status::Ok);
        assert_eq!(rule(&rego, "data.p.x"), (Status::Ok, "3".into()));
        assert_eq!(data("[]"), Status::Err);
        assert_eq!(rule(&rego, "data.p.x"), (Status::Ok, "3".into()));
    }
}
