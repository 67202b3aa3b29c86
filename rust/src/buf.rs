//! `assay_buf`: texts made here and freed here.

use std::ffi::c_char;
use std::ptr;

/// `data` is null exactly when `size` is 0; otherwise it is a leaked `Box<[u8]>` of `size` bytes.
#[repr(C)]
pub struct Buf {
    data: *mut c_char,
    size: usize,
}

impl Default for Buf {
    fn default() -> Self {
        Buf { data: ptr::null_mut(), size: 0 }
    }
}

impl From<String> for Buf {
    fn from(text: String) -> Self {
        if text.is_empty() {
            return Buf::default();
        }
        let size = text.len();
        Buf { data: Box::into_raw(text.into_bytes().into_boxed_slice()).cast(), size }
    }
}

#[cfg(test)]
impl Buf {
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(unsafe { crate::bytes(self.data.cast(), self.size) }.unwrap()).unwrap()
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_buf_free(buf: *mut Buf) {
    // SAFETY: null, or a buffer that the header allows: never filled, or filled by us. It is emptied, so a second call does nothing.
    let Some(buf) = (unsafe { buf.as_mut() }) else { return };
    let Buf { data, size } = std::mem::take(buf);
    if !data.is_null() {
        drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(data.cast::<u8>(), size)) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freeing_twice_or_nothing_is_harmless() {
        let mut buf = Buf::from("text".to_string());
        assert_eq!(buf.as_str(), "text");
        assay_buf_free(&mut buf);
        assert!(buf.data.is_null() && buf.size == 0);
        assay_buf_free(&mut buf);
        assay_buf_free(ptr::null_mut());
    }
}
