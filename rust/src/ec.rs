//! ECDSA verification with keys that stay parsed.

use std::ptr;
use std::sync::OnceLock;

use aws_lc_rs::digest::{self, Digest};
use aws_lc_rs::signature::{self, EcdsaVerificationAlgorithm, ParsedPublicKey};

use crate::{Fault, Outcome, Status, bytes, door, guarded};

/// A public key, `Send` and `Sync`. Parsed once for each hash it is used with, because aws-lc-rs ties a key to one algorithm.
pub struct EcKey {
    curve: Curve,
    point: Box<[u8]>,
    parsed: [OnceLock<Option<ParsedPublicKey>>; 3],
}

#[derive(Clone, Copy)]
enum Curve {
    P256,
    P384,
}

#[derive(Clone, Copy)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_ec_key_new(curve: u32, point: *const u8, size: usize) -> *mut EcKey {
    let make = || {
        let point = unsafe { bytes(point, size) }.ok()?;
        EcKey::new(Curve::from_number(curve)?, point)
    };
    guarded(make).ok().flatten().map_or(ptr::null_mut(), |key| Box::into_raw(Box::new(key)))
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_ec_key_free(key: *mut EcKey) {
    if !key.is_null() {
        // SAFETY: the header allows only null or a key from assay_ec_key_new, once.
        let _ = guarded(|| drop(unsafe { Box::from_raw(key) }));
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_ec_verify(
    key: *const EcKey,
    hash: u32,
    message: *const u8,
    size: usize,
    rs: *const u8,
    rs_size: usize,
) -> Status {
    door(ptr::null_mut(), || {
        let (key, hash) = key_and_hash(key, hash)?;
        let message = unsafe { bytes(message, size)? };
        let signature = key.curve.der(unsafe { bytes(rs, rs_size)? })?;
        outcome(key.parsed(hash)?.verify_sig(message, signature.as_bytes()))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn assay_ec_verify_digest(
    key: *const EcKey,
    hash: u32,
    value: *const u8,
    size: usize,
    rs: *const u8,
    rs_size: usize,
) -> Status {
    door(ptr::null_mut(), || {
        let (key, hash) = key_and_hash(key, hash)?;
        let value = Digest::import_less_safe(unsafe { bytes(value, size)? }, hash.algorithm())
            .map_err(|_| Fault::bad_arg("a digest of another size than its hash"))?;
        let signature = key.curve.der(unsafe { bytes(rs, rs_size)? })?;
        outcome(key.parsed(hash)?.verify_digest_sig(&value, signature.as_bytes()))
    })
}

impl EcKey {
    /// Only the uncompressed form, of exactly the curve's size: aws-lc-rs itself would also take compressed and hybrid points and
    /// SubjectPublicKeyInfo, so that one key would have many encodings and a thumbprint of it would mean little.
    fn new(curve: Curve, point: &[u8]) -> Option<EcKey> {
        if point.len() != 1 + 2 * curve.field_bytes() || point[0] != 4 {
            return None;
        }
        let key = EcKey { curve, point: point.into(), parsed: Default::default() };
        key.parsed(curve.usual_hash()).is_ok().then_some(key)
    }

    fn parsed(&self, hash: Hash) -> Result<&ParsedPublicKey, Fault> {
        self.parsed[hash as usize]
            .get_or_init(|| ParsedPublicKey::new(algorithm(self.curve, hash), &self.point).ok())
            .as_ref()
            .ok_or_else(|| Fault::new(Status::Err, "not a point of the curve"))
    }
}

impl Curve {
    fn from_number(number: u32) -> Option<Curve> {
        [Curve::P256, Curve::P384].into_iter().nth((number as usize).checked_sub(1)?)
    }

    fn field_bytes(self) -> usize {
        match self {
            Curve::P256 => 32,
            Curve::P384 => 48,
        }
    }

    fn usual_hash(self) -> Hash {
        match self {
            Curve::P256 => Hash::Sha256,
            Curve::P384 => Hash::Sha384,
        }
    }

    /// r||s as the DER that aws-lc-rs takes for every pair of curve and hash (its fixed-size form exists only for the usual pairs).
    fn der(self, rs: &[u8]) -> Result<Der, Fault> {
        if rs.len() != 2 * self.field_bytes() {
            return Err(Fault::new(Status::Err, "a signature of another size than the curve's"));
        }
        let (r, s) = rs.split_at(self.field_bytes());
        let mut der = Der { bytes: [0; 2 + 2 * Der::MAX_INTEGER], size: 2 };
        der.push_integer(r);
        der.push_integer(s);
        der.bytes[0] = 0x30;
        der.bytes[1] = (der.size - 2) as u8; // at most 102, so one byte says it
        Ok(der)
    }
}

impl Hash {
    fn from_number(number: u32) -> Option<Hash> {
        [Hash::Sha256, Hash::Sha384, Hash::Sha512].into_iter().nth((number as usize).checked_sub(1)?)
    }

    fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Hash::Sha256 => &digest::SHA256,
            Hash::Sha384 => &digest::SHA384,
            Hash::Sha512 => &digest::SHA512,
        }
    }
}

fn algorithm(curve: Curve, hash: Hash) -> &'static EcdsaVerificationAlgorithm {
    match (curve, hash) {
        (Curve::P256, Hash::Sha256) => &signature::ECDSA_P256_SHA256_ASN1,
        (Curve::P256, Hash::Sha384) => &signature::ECDSA_P256_SHA384_ASN1,
        (Curve::P256, Hash::Sha512) => &signature::ECDSA_P256_SHA512_ASN1,
        (Curve::P384, Hash::Sha256) => &signature::ECDSA_P384_SHA256_ASN1,
        (Curve::P384, Hash::Sha384) => &signature::ECDSA_P384_SHA384_ASN1,
        (Curve::P384, Hash::Sha512) => &signature::ECDSA_P384_SHA512_ASN1,
    }
}

/// SEQUENCE { r INTEGER, s INTEGER } on the stack.
struct Der {
    bytes: [u8; 2 + 2 * Der::MAX_INTEGER],
    size: usize,
}

impl Der {
    const MAX_INTEGER: usize = 2 + 1 + 48; // tag, length, a zero that keeps it positive, P-384's 48 bytes

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.size]
    }

    // Shortest form: without leading zeros, but with one where the first bit would read as a sign. Zero is one zero byte.
    fn push_integer(&mut self, value: &[u8]) {
        let value = &value[value.iter().position(|byte| *byte != 0).unwrap_or(value.len())..];
        let zero = value.first().is_none_or(|byte| *byte >= 0x80) as usize;
        self.bytes[self.size] = 0x02;
        self.bytes[self.size + 1] = (zero + value.len()) as u8;
        let start = self.size + 2 + zero;
        self.bytes[start..start + value.len()].copy_from_slice(value);
        self.size = start + value.len();
    }
}

fn key_and_hash<'a>(key: *const EcKey, hash: u32) -> Result<(&'a EcKey, Hash), Fault> {
    // SAFETY: the header allows only null or a key from assay_ec_key_new that is not freed before this call ends.
    let key = unsafe { key.as_ref() }.ok_or_else(|| Fault::bad_arg("no key"))?;
    Ok((key, Hash::from_number(hash).ok_or_else(|| Fault::bad_arg("an unknown hash"))?))
}

fn outcome(verified: Result<(), aws_lc_rs::error::Unspecified>) -> Outcome {
    verified.map(|()| String::new()).map_err(|_| Fault::new(Status::Err, "bad signature"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair};

    #[test]
    fn integers_have_their_shortest_der_form() {
        for (value, der) in [
            (&[0u8; 3][..], &[0x02, 1, 0][..]),
            (&[0, 0, 1], &[0x02, 1, 1]),
            (&[0, 0x7f, 2], &[0x02, 2, 0x7f, 2]),
            (&[0, 0x80, 2], &[0x02, 3, 0, 0x80, 2]),
            (&[0xff, 0, 0], &[0x02, 4, 0, 0xff, 0, 0]),
        ] {
            let mut out = Der { bytes: [0; 2 + 2 * Der::MAX_INTEGER], size: 0 };
            out.push_integer(value);
            assert_eq!(out.as_bytes(), der);
        }
    }

    #[test]
    fn the_longest_signature_fits() {
        let der = Curve::P384.der(&[0xff; 96]).ok().unwrap();
        assert_eq!((der.size, der.bytes[1]), (der.bytes.len(), 102));
    }

    // Our DER against the library's own conversion of r||s, on good signatures and on every single-bit change of one.
    #[test]
    fn our_conversion_and_the_librarys_agree() {
        agree(Curve::P256, &signature::ECDSA_P256_SHA256_FIXED_SIGNING, &signature::ECDSA_P256_SHA256_FIXED);
        agree(Curve::P384, &signature::ECDSA_P384_SHA384_FIXED_SIGNING, &signature::ECDSA_P384_SHA384_FIXED);
    }

    fn agree(curve: Curve, signing: &'static EcdsaSigningAlgorithm, fixed: &'static EcdsaVerificationAlgorithm) {
        let pair = EcdsaKeyPair::generate(signing).unwrap();
        let point = pair.public_key().as_ref();
        let (ours, theirs) = (EcKey::new(curve, point).unwrap(), ParsedPublicKey::new(fixed, point).unwrap());
        let hash = curve.usual_hash();
        let check = |rs: &[u8]| {
            let der = curve.der(rs).ok().unwrap();
            let verdict = ours.parsed(hash).unwrap().verify_sig(b"message", der.as_bytes()).is_ok();
            assert_eq!(verdict, theirs.verify_sig(b"message", rs).is_ok());
            verdict
        };
        let mut rs = pair.sign(&SystemRandom::new(), b"message").unwrap().as_ref().to_vec();
        assert!(check(&rs));
        for bit in 0..rs.len() * 8 {
            rs[bit / 8] ^= 1 << (bit % 8);
            assert!(!check(&rs));
            rs[bit / 8] ^= 1 << (bit % 8);
        }
        for half in [0..rs.len() / 2, rs.len() / 2..rs.len()] {
            for fill in [0, 0xff] {
                let mut broken = rs.clone();
                broken[half.clone()].fill(fill);
                assert!(!check(&broken));
            }
        }
    }
}
