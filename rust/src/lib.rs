//! Rego policies (regorus) and ECDSA verification (aws-lc-rs) behind the C header `assay_rust.h`, which is the manual.
//!
//! Every exported function goes through `door` or `guarded`: nothing unwinds into the caller, nothing is written to stderr on a panic.

// The doors take raw pointers under the promises of the header; `unsafe fn` would tell a C caller nothing.
#![allow(clippy::not_unsafe_ptr_arg_deref)]

mod buf;
mod ec;
mod guard;
mod rego;

use std::cell::RefCell;
use std::ffi::c_char;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use buf::Buf;

/// `assay_status` of the header; the numbers are part of it.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Ok = 0,
    Err = 1,
    Limit = 2,
    Undefined = 3,
    Panic = 4,
    BadArg = 5,
}

/// Why a call did not end with `Status::Ok`, with the text the caller gets.
#[derive(Debug)]
pub(crate) struct Fault {
    pub status: Status,
    pub text: String,
}

impl Fault {
    pub fn new(status: Status, text: impl Into<String>) -> Self {
        Fault { status, text: text.into() }
    }
    pub fn bad_arg(text: &str) -> Self {
        Fault::new(Status::BadArg, text)
    }
}

pub(crate) type Outcome = Result<String, Fault>;

/// Runs `work` for a C caller: its text goes to `out` (may be null), a panic becomes `Status::Panic`.
pub(crate) fn door(out: *mut Buf, work: impl FnOnce() -> Outcome) -> Status {
    let (status, text) = match guarded(work) {
        Ok(Ok(text)) => (Status::Ok, text),
        Ok(Err(fault)) => (fault.status, shorten(fault.text)),
        Err(text) => (Status::Panic, shorten(text)),
    };
    // SAFETY: the header asks for null or a buffer the caller owns.
    if let Some(out) = unsafe { out.as_mut() } {
        *out = Buf::from(text);
    }
    status
}

/// The same for calls that return a pointer or nothing: a panic gives `None`.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    install_quiet_hook();
    // AssertUnwindSafe: whoever lends `work` something that a panic may leave half-changed must not use it again; see `rego::Rego`.
    catch_unwind(AssertUnwindSafe(work))
        .map_err(|_| LAST_PANIC.with(|last| last.take()).unwrap_or_else(|| "internal error: a panic without a message".into()))
}

/// A byte string of the caller. Null is fine for an empty one.
///
/// # Safety
/// `data` must be null or readable for `size` bytes while `'a` lasts.
pub(crate) unsafe fn bytes<'a>(data: *const u8, size: usize) -> Result<&'a [u8], Fault> {
    match (data.is_null(), size) {
        (_, 0) => Ok(&[]),
        (true, _) => Err(Fault::bad_arg("a null pointer with a size")),
        (false, _) if size > isize::MAX as usize => Err(Fault::bad_arg("an impossible size")),
        // SAFETY: not null, not larger than an object can be; the rest is the caller's promise.
        (false, _) => Ok(unsafe { std::slice::from_raw_parts(data, size) }),
    }
}

/// The same, as UTF-8.
///
/// # Safety
/// As for `bytes`.
pub(crate) unsafe fn text<'a>(data: *const c_char, size: usize) -> Result<&'a str, Fault> {
    std::str::from_utf8(unsafe { bytes(data.cast(), size)? }).map_err(|_| Fault::bad_arg("a text that is not UTF-8"))
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_rust_version() -> *const c_char {
    c"assay-rust 0.1.0, regorus 0.14.1, aws-lc-rs 1.19.0".as_ptr()
}

thread_local! {
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

// The default hook prints to stderr, where a hostile policy could flood a log. This one keeps the message for the caller instead.
fn install_quiet_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let previous = take_hook();
        set_hook(Box::new(move |info| {
            LAST_PANIC.with(|last| *last.borrow_mut() = Some(describe(info)));
            if cfg!(test) {
                previous(info); // the test harness reports failed assertions through it
            }
        }));
    });
}

fn describe(info: &PanicHookInfo) -> String {
    let message = info.payload_as_str().unwrap_or("a panic");
    match info.location() {
        Some(at) => format!("internal error: {message} ({}:{})", at.file().rsplit('/').next().unwrap_or(""), at.line()),
        None => format!("internal error: {message}"),
    }
}

// Errors quote lines of the policy; nobody wants to log more of it than this.
const MAX_ERROR_BYTES: usize = 8192;

fn shorten(mut text: String) -> String {
    if text.len() > MAX_ERROR_BYTES {
        text.truncate(text.floor_char_boundary(MAX_ERROR_BYTES));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_a_status_and_a_text() {
        let mut out = Buf::default();
        assert_eq!(door(&mut out, || panic!("went {}", "wrong")), Status::Panic);
        assert!(out.as_str().starts_with("internal error: went wrong (lib.rs:"), "{}", out.as_str());
        buf::assay_buf_free(&mut out);
    }

    #[test]
    fn a_long_error_is_cut_between_characters() {
        let text = shorten("é".repeat(5000));
        assert_eq!(text.len(), MAX_ERROR_BYTES + '…'.len_utf8());
    }

    #[test]
    fn null_is_an_empty_text_but_has_no_bytes() {
        assert_eq!(unsafe { text(std::ptr::null(), 0) }.unwrap(), "");
        assert_eq!(unsafe { text(std::ptr::null(), 1) }.unwrap_err().status, Status::BadArg);
        assert_eq!(unsafe { bytes(b"x".as_ptr(), usize::MAX) }.unwrap_err().status, Status::BadArg);
    }
}
